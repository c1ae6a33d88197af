"""The canonical fields: one table that all names, limits and defaults come from (crosswalk of IPTC, IIM, Exif, both systems).

Byte limits are those of the old IPTC block (IIM), counted in the declared encoding. NetX has no fixed schema: its names
are this project's default profile. Rows marked `yes` are written to the system of record unless the map says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from dambridge.model.values import FieldName

CUSTOM = "custom:"
"""Prefix of a site's own field that no rule has named."""
MARK = "dambridge:"
"""Prefix of what we write about ourselves, so that a copy can be found again without the ledger."""
LINK_MARK = FieldName("dambridge:link")
SOURCE_MARK = FieldName("dambridge:source")
WORK_LIST = FieldName("dambridge:work_list")
"""Words in an attribute of the system of record by which its people find what still needs them; theirs stand beside ours."""


class Kind(StrEnum):
    """What a field's value is. A bag's order means nothing; a sequence's does."""

    TEXT = "text"
    LANG = "lang"
    BAG = "bag"
    SEQ = "seq"
    DATE = "date"
    URI = "uri"
    INT = "int"
    BOOL = "bool"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One canonical field. Empty texts and a zero limit mean that the field has no home there.

    `xmp`, `iim` and `exif` are ExifTool's names; `photoshelter` is the API's name; `netx` and `netx_kind` are attribute
    and type of the default profile; `written` says that the default map writes it to the system of record."""

    name: FieldName
    iptc: str
    kind: Kind
    xmp: str = ""
    iim: str = ""
    limit: int = 0
    exif: str = ""
    photoshelter: str = ""
    netx: str = ""
    netx_kind: str = ""
    written: bool = False


# name | IPTC name | kind | XMP | IIM | bytes | Exif | PhotoShelter | NetX | NetX type | written
_TABLE = """
title | Title | lang | dc:Title | ObjectName | 64 | | title | Title | text | yes
headline | Headline | text | photoshop:Headline | Headline | 256 | | headline | Headline | text | yes
description | Description | lang | dc:Description | Caption-Abstract | 2000 | IFD0:ImageDescription | caption | Caption | textarea | yes
description_writer | Description Writer | text | photoshop:CaptionWriter | Writer-Editor | 32 | | caption_writer | Caption Writer | text | yes
keywords | Keywords | bag | dc:Subject | Keywords | 64 | IFD0:XPKeywords | keywords | Keywords | tag | yes
creator | Creator | seq | dc:Creator | By-line | 32 | IFD0:Artist | author | Creator | text | yes
creator_job_title | Creator's Job Title | text | photoshop:AuthorsPosition | By-lineTitle | 32 | | position | Creator Job Title | text | yes
contact_address | Contact Info: Address | text | iptcCore:CreatorContactInfo.CiAdrExtadr | | | | ci_address | Contact Address | text |
contact_city | Contact Info: City | text | iptcCore:CreatorContactInfo.CiAdrCity | | | | ci_city | Contact City | text |
contact_region | Contact Info: State | text | iptcCore:CreatorContactInfo.CiAdrRegion | | | | ci_region | Contact Region | text |
contact_postal_code | Contact Info: Postal Code | text | iptcCore:CreatorContactInfo.CiAdrPcode | | | | ci_postal_code | Contact Postal Code | text |
contact_country | Contact Info: Country | text | iptcCore:CreatorContactInfo.CiAdrCtry | | | | ci_country | Contact Country | text |
contact_email | Contact Info: Email | text | iptcCore:CreatorContactInfo.CiEmailWork | | | | ci_email | Contact Email | text |
contact_phone | Contact Info: Phone | text | iptcCore:CreatorContactInfo.CiTelWork | | | | ci_phone | Contact Phone | text |
contact_url | Contact Info: Web URL | uri | iptcCore:CreatorContactInfo.CiUrlWork | | | | ci_url | Contact URL | text |
credit | Credit Line | text | photoshop:Credit | Credit | 32 | | credit | Credit | text | yes
source | Source | text | photoshop:Source | Source | 32 | | source | Source | text | yes
copyright_notice | Copyright Notice | lang | dc:Rights | CopyrightNotice | 128 | IFD0:Copyright | copyright | Copyright Notice | text | yes
usage_terms | Rights Usage Terms | lang | xmpRights:UsageTerms | | | | rights | Usage Terms | textarea | yes
web_statement | Web Statement of Rights | uri | xmpRights:WebStatement | | | | web_statement | Rights URL | text | yes
rights_marked | (XMP) Marked | bool | xmpRights:Marked | | | | | Rights Marked | pulldown |
instructions | Instructions | text | photoshop:Instructions | SpecialInstructions | 256 | | instructions | Instructions | textarea | yes
job_id | Job Id | text | photoshop:TransmissionReference | OriginalTransmissionReference | 32 | | trans_ref | Job ID | text | yes
date_created | Date Created | date | photoshop:DateCreated | DateCreated | | ExifIFD:DateTimeOriginal | | Date Created | date | yes
sublocation | Sublocation (legacy) | text | iptcCore:Location | Sub-location | 32 | | location | Location | text | yes
city | City (legacy) | text | photoshop:City | City | 32 | | city | City | text | yes
state | Province/State (legacy) | text | photoshop:State | Province-State | 32 | | state | State | text | yes
country | Country (legacy) | text | photoshop:Country | Country-PrimaryLocationName | 64 | | country | Country | pulldown | yes
country_code | Country Code (legacy) | text | iptcCore:CountryCode | Country-PrimaryLocationCode | 3 | | country_iso | Country Code | pulldown | yes
genre_legacy | Intellectual Genre (legacy) | text | iptcCore:IntellectualGenre | ObjectAttributeReference | 68 | | genre | Genre | pulldown |
scene | Scene Code | bag | iptcCore:Scene | | | | scene | Scene | tag |
subject_code | Subject Code (legacy) | bag | iptcCore:SubjectCode | SubjectReference | 236 | | subject_code | Subject Code | tag |
topics | CV-Term About Image | bag | iptcExt:AboutCvTerm.CvTermName | | | | | Topics | tag |
category | Category (retired) | text | photoshop:Category | Category | 3 | | category | | |
supp_categories | Supplemental Categories (retired) | bag | photoshop:SupplementalCategories | SupplementalCategories | 32 | | | | |
urgency | Urgency (retired) | int | photoshop:Urgency | Urgency | 1 | | urgency | | |
rating | Image Rating | int | xmp:Rating | | | | rating | Rating | number | yes
alt_text | Alt Text | lang | iptcCore:AltTextAccessibility | | | | | Alt Text | textarea |
extended_description | Extended Description | lang | iptcCore:ExtDescrAccessibility | | | | | Extended Description | textarea |
edit_status | Edit Status (IIM) | text | | EditStatus | 64 | | edit_status | Lifecycle Status | pulldown |
model_release | Model Release Status | uri | plus:ModelReleaseStatus | | | | model_released | Model Release | pulldown |
property_release | Property Release Status | uri | plus:PropertyReleaseStatus | | | | property_released | Property Release | pulldown |
copyright_owner | Copyright Owner | seq | plus:CopyrightOwner.CopyrightOwnerName | | | | | Copyright Owner | text |
licensor | Licensor | seq | plus:Licensor.LicensorName | | | | | Licensor | text |
licensor_url | Licensor URL | seq | plus:Licensor.LicensorURL | | | | | Licensor URL | text |
embargo_until | Embargo Date | date | pur:EmbargoDate | ReleaseDate | | | | Embargo Date | date |
expires_at | Expiration Date | date | pur:ExpirationDate | ExpirationDate | | | | Expiry Date | date |
licence_start | Licence Start Date | date | plus:LicenseStartDate | | | | | Licence Start | date |
licence_end | Licence End Date | date | plus:LicenseEndDate | | | | | Licence End | date |
licence_kind | Licence Kind (none in IPTC) | text | | | | | | Licence Kind | pulldown |
contract_reference | License ID (PLUS) | text | plus:LicenseID | | | | | Contract | text |
territories | Territories permitted (none in IPTC) | bag | | | | | | Territories | tag |
territories_excluded | Territories forbidden (none in IPTC) | bag | | | | | | Excluded Territories | tag |
channels | Channels permitted (none in IPTC) | bag | | | | | | Channels | tag |
channels_excluded | Channels forbidden (none in IPTC) | bag | | | | | | Excluded Channels | tag |
editorial_only | Editorial use only (none in IPTC) | bool | | | | | | Editorial Only | pulldown |
people_shown | Person Shown in the Image | bag | iptcExt:PersonInImage | | | | | People Shown | tag |
consent | Consent of the people shown (none in IPTC) | text | | | | | | Consent | pulldown |
digital_source_type | Digital Source Type | uri | iptcExt:DigitalSourceType | | | | | Source Type | pulldown |
data_mining | Data Mining | uri | plus:DataMining | | | | | AI Use | pulldown |
other_constraints | Other Constraints | lang | plus:OtherConstraints | | | | | Constraints | textarea |
image_guid | Digital Image GUID | text | iptcExt:DigitalImageGUID | | | ExifIFD:ImageUniqueID | | Image GUID | text |
supplier_image_id | Image Supplier Image ID | text | plus:ImageSupplierImageID | | | | | Supplier ID | text |
ai_system | AI System Used | text | iptcExt:AISystemUsed | | | | | | |
ai_system_version | AI System Version Used | text | iptcExt:AISystemVersionUsed | | | | | | |
ai_prompt | AI Prompt Information | text | iptcExt:AIPromptInformation | | | | | | |
ai_prompt_writer | AI Prompt Writer Name | text | iptcExt:AIPromptWriterName | | | | | | |
model_info | Additional Model Information | text | iptcExt:AdditionalModelInformation | | | | | | |
model_age | Model Age | bag | iptcExt:ModelAge | | | | | | |
model_minor_age | Minor Model Age Disclosure | uri | plus:MinorModelAgeDisclosure | | | | | | |
model_release_id | Model Release Id | bag | plus:ModelReleaseID | | | | | | |
property_release_id | Property Release Id | bag | plus:PropertyReleaseID | | | | | | |
people_described | Person Shown in the Image with Details | bag | iptcExt:PersonInImageWDetails.PersonName | | | | | | |
organisation | Organisation Featured: Name | bag | iptcExt:OrganisationInImageName | | | | | | |
organisation_code | Organisation Featured: Code | bag | iptcExt:OrganisationInImageCode | | | | | | |
products_shown | Product Shown in the Image | bag | iptcExt:ProductInImage.ProductName | | | | | | |
artworks_shown | Artwork or Object in the Image | bag | iptcExt:ArtworkOrObject.AOTitle | | | | | | |
event | Event Name | lang | iptcExt:Event | | | | | | |
event_id | Event Identifier | bag | iptcExt:EventID | | | | | | |
genre | Genre | bag | iptcExt:Genre.CvTermName | | | | | | |
location_created | Location Created: Name | bag | iptcExt:LocationCreated.LocationName | | | | | | |
location_created_city | Location Created: City | bag | iptcExt:LocationCreated.City | | | | | | |
location_created_country | Location Created: Country | bag | iptcExt:LocationCreated.CountryName | | | | | | |
locations_shown | Location Shown: Name | bag | iptcExt:LocationShown.LocationName | | | | | | |
locations_shown_city | Location Shown: City | bag | iptcExt:LocationShown.City | | | | | | |
locations_shown_country | Location Shown: Country | bag | iptcExt:LocationShown.CountryName | | | | | | |
contributors | Contributor | bag | iptcExt:Contributor.Name | | | | | | |
image_creator | Image Creator | seq | plus:ImageCreator.ImageCreatorName | | | | | | |
image_supplier | Image Supplier | seq | plus:ImageSupplier.ImageSupplierName | | | | | | |
registry_item | Image Registry Entry: Item Id | bag | iptcExt:RegistryID.RegItemId | | | | | | |
max_height | Max Avail Height | int | iptcExt:MaxAvailHeight | | | | | | |
max_width | Max Avail Width | int | iptcExt:MaxAvailWidth | | | | | | |
rights_expression | Embedded Encoded Rights Expression | bag | iptcExt:EmbdEncRightsExpr.EncRightsExpr | | | | | | |
rights_expression_url | Linked Encoded Rights Expression | bag | iptcExt:LinkedEncRightsExpr.LinkedRightsExpr | | | | | | |
creative_commons | Creative Commons licence (none in IPTC) | uri | cc:License | | | | | | |
copyright_status | Copyright Status (PLUS) | uri | plus:CopyrightStatus | | | | | | |
credit_line_required | Credit Line Required (PLUS) | uri | plus:CreditLineRequired | | | | | | |
terms_text | Terms and Conditions (PLUS) | lang | plus:TermsAndConditionsText | | | | | | |
terms_url | Terms and Conditions URL (PLUS) | uri | plus:TermsAndConditionsURL | | | | | | |
licence_conditions | Other Conditions (PLUS) | lang | plus:OtherConditions | | | | | | |
licence_requirements | Other License Requirements (PLUS) | lang | plus:OtherLicenseRequirements | | | | | | |
licensor_notes | Licensor Notes (PLUS) | lang | plus:LicensorNotes | | | | | | |
media_constraints | Media Constraints (PLUS) | lang | plus:MediaConstraints | | | | | | |
region_constraints | Region Constraints (PLUS) | lang | plus:RegionConstraints | | | | | | |
product_constraints | Product or Service Constraints (PLUS) | lang | plus:ProductOrServiceConstraints | | | | | | |
file_constraints | Image File Constraints (PLUS) | bag | plus:ImageFileConstraints | | | | | | |
alteration_constraints | Image Alteration Constraints (PLUS) | bag | plus:ImageAlterationConstraints | | | | | | |
duplication_constraints | Image Duplication Constraints (PLUS) | uri | plus:ImageDuplicationConstraints | | | | | | |
prism_agreement | Agreement (PRISM) | bag | pur:Agreement | | | | | | |
prism_copyright | Copyright (PRISM) | lang | pur:Copyright | | | | | | |
prism_credit_line | Credit Line (PRISM) | bag | pur:CreditLine | | | | | | |
prism_permissions | Permissions (PRISM) | bag | pur:Permissions | | | | | | |
prism_restrictions | Restrictions (PRISM) | bag | pur:Restrictions | | | | | | |
prism_reuse_prohibited | Reuse Prohibited (PRISM) | bool | pur:ReuseProhibited | | | | | | |
prism_rights_agent | Rights Agent (PRISM) | text | pur:RightsAgent | | | | | | |
prism_rights_owner | Rights Owner (PRISM) | text | pur:RightsOwner | | | | | | |
exclusive_until | Exclusivity End Date (PRISM) | date | pur:ExclusivityEndDate | | | | | | |
option_until | Option End Date (PRISM) | date | pur:OptionEndDate | | | | | | |
"""  # noqa: E501 - a table reads better with one row to a line


def _read_table() -> Mapping[FieldName, Field]:
    found: dict[FieldName, Field] = {}
    for line in _TABLE.strip().splitlines():
        name, iptc, kind, xmp, iim, limit, exif, photoshelter, netx, netx_kind, written = (
            it.strip() for it in line.split("|")
        )
        found[FieldName(name)] = Field(
            name=FieldName(name),
            iptc=iptc,
            kind=Kind(kind),
            xmp=f"XMP-{xmp}" if xmp else "",
            iim=f"IPTC:{iim}" if iim else "",
            limit=int(limit or 0),
            exif=exif,
            photoshelter=photoshelter,
            netx=netx,
            netx_kind=netx_kind,
            written=written == "yes",
        )
    return found


FIELDS: Mapping[FieldName, Field] = _read_table()
"""Every canonical field by its name, in the order in which people read them."""


def kind_of(name: FieldName) -> Kind:
    """The kind of a field; a site's own field and our marks are text, but for the words of the work list."""
    field = FIELDS.get(name)
    if name == WORK_LIST:
        return Kind.BAG
    return field.kind if field else Kind.TEXT


def limit_of(name: FieldName) -> int:
    """The byte limit that the field has in IIM, 0 where there is none."""
    field = FIELDS.get(name)
    return field.limit if field else 0
