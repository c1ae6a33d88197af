"""Local PhotoShelter and NetX servers, written from the API references; they share no code with the product."""
