"""What `dambridge init` writes: a configuration that says what each line is for."""

EXAMPLE = """\
# dambridge: the whole configuration. `dambridge check` finds every mistake in it at once.
# Secrets: `env:NAME` is read from the environment, `file:PATH` from a file.

accounts:
  agency:                                # your name for a PhotoShelter organisation; never change it later
    system: photoshelter
    base_url: https://www.photoshelter.com
    api_key: env:PHOTOSHELTER_API_KEY
    email: integration@example.org
    password: env:PHOTOSHELTER_PASSWORD
    org_id: O0000yourorgid0
    rate: 4                              # calls per second

  archive:                               # your name for a NetX site
    system: netx
    base_url: https://dam.example.org
    token: env:NETX_TOKEN                # user menu, Integrations; the user needs level 7 (Manager)
    rate: 4

flows:
  intake:                                # approved photographs travel from PhotoShelter to NetX
    from: agency
    to: archive
    mode: approved                       # or `new`: everything that is selected
    select:
      galleries: ["Intake/**"]           # gallery paths; empty means the whole library
      exclude: ["Intake/Private/**"]
      media_types: {audio: skip}         # what is not named is taken
    approval:
      carrier: edit_status               # or gallery, custom, rating
      approved: [approved]
      rejected: [rejected]
    place:
      folder: "PhotoShelter/{year}/{gallery}"
    required: [credit]                   # an asset without it waits for its contributor
    guards: {max_changes: 5000}          # more than this in one run stops and asks

  # publish:                             # selected assets go out to galleries, as their rights permit
  #   from: archive                      # docs/howto/publish.md
  #   select:
  #     folders: ["Campaigns/Cleared/**"]  # the allow-list; nothing else ever goes out
  #   outlets:
  #     dealers:                         # your name for one way out; never change it later
  #       account: agency
  #       gallery: Partners/Dealers      # made by an administrator; then: dambridge outlets agree dealers
  #       channel: portal
  #       territory: DE                  # or a group, or worldwide
  #       audience: dealers

# gate:                                  # what has to be known and permitted before anything is shown
#   zone: Europe/Berlin
#   channels: {portal: {}}
#   territories: {DACH: [DE, AT, CH]}

console: {port: 8390}                    # pages for people beside `dambridge serve`; add them: dambridge users add NAME

store:
  path: dambridge-data                   # ledger and spool; or `url: postgresql://…` for several workers
"""
