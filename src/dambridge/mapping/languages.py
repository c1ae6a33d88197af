"""Language tags that maps and outlets may name: well formed (BCP 47), and of a language that there is.

A language is named by its shortest code (RFC 5646, section 2.2.1): `de` and not `deu`; one that has no code of two letters by
that of three, which are too many to know them all.
"""

from __future__ import annotations

import difflib
import re

from dambridge.mapping.countries import ALPHA3
from dambridge.model.values import DEFAULT_LANGUAGE

_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
_PAIRS = """
aaaar ababk aeave afafr akaka amamh anarg arara asasm avava ayaym azaze babak bebel bgbul bibis bmbam bnben bobod brbre
bsbos cacat ceche chcha cocos crcre csces cuchu cvchv cycym dadan dedeu dvdiv dzdzo eeewe elell eneng eoepo esspa etest
eueus fafas ffful fifin fjfij fofao frfra fyfry gagle gdgla glglg gngrn guguj gvglv hahau heheb hihin hohmo hrhrv hthat
huhun hyhye hzher iaina idind ieile igibo iiiii ikipk ioido isisl itita iuiku jajpn jvjav kakat kgkon kikik kjkua kkkaz
klkal kmkhm knkan kokor krkau kskas kukur kvkom kwcor kykir lalat lbltz lglug lilim lnlin lolao ltlit lulub lvlav mgmlg
mhmah mimri mkmkd mlmal mnmon mrmar msmsa mtmlt mymya nanau nbnob ndnde nenep ngndo nlnld nnnno nonor nrnbl nvnav nynya
ococi ojoji omorm orori ososs papan pipli plpol pspus ptpor quque rmroh rnrun roron rurus rwkin sasan scsrd sdsnd sesme
sgsag sisin skslk slslv smsmo snsna sosom sqsqi srsrp ssssw stsot susun svswe swswa tatam tetel tgtgk ththa titir tktuk
tltgl tntsn toton trtur tstso tttat twtwi tytah uguig ukukr ururd uzuzb veven vivie vovol wawln wowol xhxho yiyid yoyor
zazha zhzho zuzul
"""
ALPHA2 = {pair[2:]: pair[:2] for pair in _PAIRS.split()}
"""ISO 639-2/T code to the ISO 639-1 code that stands in its place."""


def tag_mistake(tag: str) -> str:
    """What is wrong with this tag, as a sentence that names what was meant where that can be told; empty for a sound one."""
    if tag.casefold() == DEFAULT_LANGUAGE:
        return ""
    if not _TAG.fullmatch(tag):
        return f"{tag!r} is no language tag; they look like de, de-AT or zh-Hant"
    language, *rest = tag.casefold().split("-")
    if language in ALPHA2:
        return f"the language {language!r} is written {ALPHA2[language]!r}"
    known = set(ALPHA2.values())
    if len(language) == 2 and language not in known:
        near = _meant(language, known)
        return f"there is no language {language!r}" + (f"; did you mean {near!r}?" if near else "")
    region = next((it.upper() for it in rest if len(it) == 2), "")
    if region and region not in ALPHA3:
        return f"there is no country {region!r}"
    return ""


def _meant(language: str, known: set[str]) -> str:
    """The language of a country whose code was written instead: those that are taken for one another."""
    confused = {
        "jp": "ja",
        "cn": "zh",
        "dk": "da",
        "gr": "el",
        "cz": "cs",
        "ua": "uk",
        "kp": "ko",
        "at": "de",
        "vn": "vi",
    }
    return confused.get(language) or next(iter(difflib.get_close_matches(language, sorted(known), n=1, cutoff=0.9)), "")
