"""Encodings: UTF-8, UTF-16 and GBK are told; of all others one is never guessed."""

import random
from pathlib import Path

import pytest

from steepest.errors import InputError
from steepest.tables.files.text_encoding import find_encoding
from steepest.tables.open_table import open_table

CHINESE = (
    "价格,面积\n",
    "城市,b\n北京,1\n上海,2\n",
    "销售额,人数\n1,2\n3,4\n",
    "姓名,年龄,城市\n张伟,31,深圳\n王芳,28,广州\n李娜,45,成都\n",
    "日期,温度,湿度,风速\n" + "2020-01-01,1.5,2,3\n" * 50,
)
OTHERS = {
    "latin-1": ("Größe,Preis\n1,2\n", "Größe\n1\n", "ÄÖÜ,b\n", "prénom,âge\n", "été\n", "año\n"),
    "cp1252": ("preço,população,região\n", "POPULAÇÃO,REGIÃO\n1,2\n", "AÇÕES,b\n", "€,°C,m²\n"),
    "cp1250": ("Łódź,cena\n1,2\n", "miejscowość,odległość\n1,2\n"),
    "cp1251": ("цена,площадь\n", "цена;b\n", "ЦЕНА;b\n", "город,b\nМосква,1\nКазань,2\n"),
    "koi8-r": ("цена,площадь\n", "цена;b\n", "ЦЕНА;b\n", "город,b\nМосква,1\nКазань,2\n"),
    "shift_jis": ("価格,面積\n", "都市,b\n東京,1\n大阪,2\n", "ひらがな,b\n"),
    "euc-jp": ("価格,面積\n", "都市,b\n東京,1\n大阪,2\n", "ひらがな,b\n"),
    "euc-kr": ("가격,면적\n", "도시,인구\n서울,1\n부산,2\n", "이름,나이,도시\n김철수,31,서울\n"),
    "big5": ("價格,面積\n", "城市,人口\n臺北,1\n高雄,2\n"),
}
TEXTS = [*CHINESE, *(text for texts in OTHERS.values() for text in texts)]


def told(content: bytes) -> str:
    return find_encoding(content, "a.csv", None)


@pytest.mark.parametrize("text", TEXTS)
def test_utf_8_and_utf_16_are_told_with_and_without_a_mark(text: str) -> None:
    assert told(text.encode()) == "utf-8"
    assert told(text.encode("utf-8-sig")) == "utf-8-sig"
    assert told(text.encode("utf-16")) == "utf-16"
    for order in ("utf-16-le", "utf-16-be"):
        assert told(text.encode(order)) in (
            order,
            "utf-8" if b"\0" not in text.encode(order) else "",
        )


@pytest.mark.parametrize("text", CHINESE)
@pytest.mark.parametrize("codec", ["gbk", "gb18030"])
def test_chinese_is_told(text: str, codec: str) -> None:
    assert told(text.encode(codec)) == "gb18030"


@pytest.mark.parametrize(("codec", "text"), [(c, text) for c in OTHERS for text in OTHERS[c]])
def test_other_encodings_are_asked_for(codec: str, text: str) -> None:
    content = text.encode(codec)
    at = next(place for place, byte in enumerate(content) if byte > 127)
    with pytest.raises(InputError) as caught:
        told(content)
    said = str(caught.value)
    assert said.startswith(f"a.csv: byte {at} (0x{content[at]:02X}) is not UTF-8 text; save it as ")
    proposed = said.partition("for instance ")[2].replace(" or ", ", ").split(", ")
    assert all(content.decode(name) for name in proposed)
    assert codec in (*proposed, "cp1250", "koi8-r", "euc-jp")


def test_two_characters_are_too_few_to_be_certain() -> None:
    with pytest.raises(InputError, match="for instance cp1252, latin-1, gb18030, "):
        told("中文".encode("gbk"))


@pytest.mark.parametrize(
    ("codec", "first", "last"), [("euc-kr", 0xAC00, 0xD7A3), ("cp1251", 0x410, 0x44F)]
)
def test_words_by_chance_are_not_taken_for_chinese(codec: str, first: int, last: int) -> None:
    chance = random.Random(5)
    letters = [chr(at) for at in range(first, last + 1) if chr(at).encode(codec, "ignore")]
    taken = 0
    for _ in range(2000):
        words = ["".join(chance.choices(letters, k=2 * chance.randint(1, 4))) for _ in range(3)]
        try:
            taken += told((",".join(words) + "\n1,2,3\n").encode(codec)) == "gb18030"
        except InputError:
            continue
    assert taken <= 2


def test_a_zero_byte_is_refused_wherever_it_stands(tmp_path: Path) -> None:
    rows = b"".join(b"%d,text%d\n" % (at, at % 3) for at in range(200_000))
    path = tmp_path / "a.csv"
    for line in (2, 3, 150_000, 200_001):
        parts = (b"x,y\n" + rows).split(b"\n")
        parts[line - 1] += b"\0"
        path.write_bytes(b"\n".join(parts))
        with pytest.raises(InputError) as caught:
            open_table(path)
        assert str(caught.value) == (
            f"{path}, line {line}: a zero byte stands there, and none belongs in a text file; "
            "the file is damaged, or it is UTF-16 and must be saved as UTF-8"
        )
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"x": 1, "c": "a"}\n' * 9 + b'{"x": 2, "c": "\0"}\n')
    with pytest.raises(InputError, match=r"a\.jsonl, line 10: a zero byte stands there"):
        open_table(path)


@pytest.mark.parametrize("codec", ["latin-1", "utf-16", "gb18030"])
def test_a_zero_character_in_another_encoding_is_refused(tmp_path: Path, codec: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(("x,c\n" + "1,a\n" * 600_000 + "1,\0\n").encode(codec))
    with pytest.raises(InputError, match=r"a\.csv, line 600002: a zero byte stands there"):
        open_table(path, encoding=codec)
