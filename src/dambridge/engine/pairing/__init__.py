"""Two libraries that grew apart are read and paired; nothing in them is touched."""
