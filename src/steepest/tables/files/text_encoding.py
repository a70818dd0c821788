"""In which encoding a text file is written.

The rules:
- a byte order mark names it;
- text that is UTF-8 throughout is UTF-8;
- text with zero bytes is UTF-16 where one of its two byte orders gives lines of text;
- text is GB18030 (GBK) where its commonest characters make that nearly certain;
- anything else the user must name: nearly any bytes can be read in any one-byte encoding.
"""

import codecs
import math
from collections import Counter
from typing import final

from steepest.errors import InputError, nearest
from steepest.tables.files.line_numbers import open_bytes
from steepest.tables.files.remote_file import FilePath
from steepest.translation import joined, say

SAMPLE = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_KNOWN = (
    "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gbk", "gb18030", "big5",
    "shift_jis", "euc-jp", "euc-kr", "latin-1", "iso-8859-15", "cp1250", "cp1251", "cp1252",
    "koi8-r",
)  # fmt: skip
_PROPOSED = ("cp1252", "latin-1", "gb18030", "big5", "shift_jis", "euc-kr", "cp1251")
# Characters that Chinese tables are full of.
_COMMON = frozenset(
    "安澳把白班保报北被本比必边编便变标表别病并不部才藏测层差产场常长车陈城成程出处川传此次从村"
    "存达打大带代贷单但当导到道德得的等低地第点电店跌定订东动都度队对多额鄂而儿尔二发法反方房放"
    "非肥费分风否幅该甘感港高告格个各给更工供公共股关观管光广规桂贵郭国果过海好号和何合河黑很厚"
    "候后胡湖沪户化话还换黄回会婚活或货基机积绩吉及即级几己季计记家加价间检见件建将江交教接街结"
    "解界金今津进晋京经径酒就据距觉决均军开看科可克客空口库宽款拉来老类离理李里利例立力两量辽了"
    "列林龄领刘流楼鲁路率论罗码马毛么没美门们密面民明名命目那南男难内能你年农女盘胖批票频品平期"
    "其起企气签前强切且青清情琼求区取去权全券缺却确然让人任认日如入润三色山陕商上少社设身深神声"
    "生省师失湿十时什实识使式世事是市室收手售受书术数水说斯思司死四苏速岁孙所他它她台太态特提题"
    "体天条厅听通同统投头土外完晚皖万王望为位温文问我无吴五物务误西系下先现县相湘想像向象销小些"
    "新心信星型形行性姓徐许序学血压眼验杨样药要也业一医已以意义因英应用由油有又于渝雨与语预豫元"
    "原员源院月云运再在早则债展战张涨赵者这浙真镇争正政支知之直值址指只至制治中种重周州朱主住状"
    "着资子自总走最做作"
)
# The share of a text's characters that are among them: in Chinese, and in other text by chance.
_IN_CHINESE, _BY_CHANCE = 0.6, 0.15
_JUDGED = 100
# Odds that count as certain: those of four common characters and no other.
_ODDS = 200.0
_SHOWN = {"utf-8-sig": "UTF-8 with BOM", "gb18030": "GB18030 (GBK)"}
_PLAIN = ("utf-8", "utf-8-sig")


def encoding_name(encoding: str) -> str:
    """The encoding's name for a message."""
    return _SHOWN.get(encoding, encoding.upper())


def is_plain(encoding: str) -> bool:
    """Can DuckDB read it without a copy?"""
    return encoding in _PLAIN


def find_encoding(sample: bytes, label: str, given: str | None) -> str:
    """The name of the codec the file is written in: as given, by its mark, or by its bytes.

    Raises `InputError` with the first byte that is not UTF-8, where nothing fits.
    """
    if given is not None:
        return _known(given)
    mark = marked(sample)
    if mark is not None:
        return mark
    if b"\0" in sample:
        return _wide(sample) or "utf-8"  # zero bytes are refused where the text is looked through
    try:
        Decoder("utf-8", label).decode(sample)
    except InputError:
        if not _is_chinese(sample):
            raise
        return "gb18030"
    return "utf-8"


def marked(sample: bytes) -> str | None:
    """The encoding that a byte order mark at the beginning names."""
    return next((name for mark, name in _MARKS if sample.startswith(mark)), None)


@final
class Decoder:
    """The text of a file, chunk by chunk; its errors name the byte in the file."""

    def __init__(self, encoding: str, label: str) -> None:
        self._encoding, self._label = encoding, label
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._start = 0  # of the next chunk

    def decode(self, chunk: bytes, *, final: bool = False) -> str:
        """The next chunk as text. A character that is cut at its end comes with the one after."""
        start = self._start - len(self._decoder.getstate()[0])
        self._start += len(chunk)
        try:
            return self._decoder.decode(chunk, final)
        except UnicodeDecodeError as problem:
            at, rest = start + problem.start, problem.object[problem.start :]
            if self._encoding == "utf-8":
                raise _not_utf8(self._label, at, rest) from problem
            raise _undecodable(self._encoding, self._label, at, rest) from problem
        except UnicodeError as problem:
            raise _unreadable(self._label, self._encoding, problem) from problem


def first_bad_byte(path: FilePath, label: str) -> InputError | None:
    """The error for the first byte of the whole file that is not UTF-8, if there is one."""
    decoder = Decoder("utf-8", label)
    with open_bytes(path) as source:
        try:
            while chunk := source.read(SAMPLE):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except InputError as fault:
            return fault
    return None


def _known(given: str) -> str:
    try:
        codec = codecs.lookup(given).name
        "".encode(codec)
    except (LookupError, TypeError, ValueError):
        hint = nearest(given.lower(), _KNOWN) or say(
            " Names are utf-8, gb18030, latin-1, cp1252, …"
        )
        raise InputError("encoding {given!r} is not known.{hint}", given=given, hint=hint) from None
    return "gb18030" if codec in ("gbk", "gb2312") else codec


def _text(sample: bytes, encoding: str) -> str | None:
    """The sample as text, without a last character that was cut; None where it is none."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError:
        return None


def _wide(sample: bytes) -> str | None:
    """The byte order in which the sample is UTF-16 text: in the other one no line would end."""
    for encoding in ("utf-16-le", "utf-16-be"):
        text = _text(sample, encoding)
        if text is not None and "\0" not in text and ("\n" in text or "\r" in text):
            return encoding
    return None


def _is_chinese(sample: bytes) -> bool:
    """Is the sample GB18030? Nearly any bytes decode: so the characters must be common ones."""
    text = _text(sample, "gb18030")
    if text is None:
        return False
    counts = Counter(character for character in text if character > "\x7f")
    letters = {character: times for character, times in counts.items() if character.isalpha()}
    frequent = [character for character, _ in Counter(letters).most_common(_JUDGED)]
    common = sum(character in _COMMON for character in frequent)
    odds = common * math.log(_IN_CHINESE / _BY_CHANCE)
    odds += (len(frequent) - common) * math.log((1 - _IN_CHINESE) / (1 - _BY_CHANCE))
    return odds > math.log(_ODDS)


def _not_utf8(label: str, at: int, rest: bytes) -> InputError:
    *first, last = [name for name in _PROPOSED if _text(rest, name) is not None]
    return InputError(
        "{label}: byte {at} (0x{rest:02X}) is not UTF-8 text; save it as UTF-8, or say its "
        "encoding, for instance {filter}",
        label=label,
        at=at,
        rest=rest[0],
        filter=say(" or ").join(filter(None, [joined(first), last])),
    )


def _undecodable(encoding: str, label: str, at: int, rest: bytes) -> InputError:
    byte = f" (0x{rest[0]:02X})" if rest else ""
    return InputError(
        "{label}: byte {at}{byte} cannot be read as {encoding}; the file is damaged, or its "
        "encoding is another one",
        label=label,
        at=at,
        byte=byte,
        encoding=encoding_name(encoding),
    )


def _unreadable(label: str, encoding: str, problem: UnicodeError) -> InputError:
    advice = say("say another encoding")
    if encoding in ("utf-16", "utf-32"):
        advice = say(
            "it lacks a byte order mark: say {encoding}-le or {encoding}-be", encoding=encoding
        )
    reason = " ".join(str(problem).split())[:80]
    return InputError(
        "{label} cannot be read as {encoding} ({reason}); {advice}",
        label=label,
        encoding=encoding_name(encoding),
        reason=reason,
        advice=advice,
    )
