"""Texts that tokenisers disagree about, by hand and at random."""
import random

FIXED = [
    "", " ", "  ", "\n", "\r\n", "\t", "a", " a", "a ", "  a  b  ", "The quick brown fox jumps over the lazy dog.",
    "the quick  brown   fox\n\n\njumps\r\n\r\nover\tthe\t\tdog \n", "I'm, you're, we've; she'd, it's, DON'T, I'LL, they'Re, 'S", "'s't're've'm'll'd", "\u2019s \u017fs '\u017f '\u212a 'S",
    "x=1234567, y=3.14159e-10; 0x1F 10,000 \u00bd \u2167 \u0664\u0665 \u00b2 \u4e09", "1 22 333 4444 55555", "caf\u00e9 cafe\u0301 \u212b \u00c5 A\u030a", "na\u00efve \u0130stanbul \u1e9e stra\u00dfe",
    "\u0041\u0301\u0327\u0323 e\u0301\u0302 \u1e0b\u0323 q\u0307\u0323", "\u4f60\u597d\uff0c\u4e16\u754c\u3002\u65e5\u672c\u8a9e\u306e\u30c6\u30b9\u30c8", "\ud55c\uad6d\uc5b4 \u1112\u1161\u11ab", "\u0645\u0631\u062d\u0628\u0627 \u0628\u0643", "\u05e9\u05dc\u05d5\u05dd", "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35",
    "\u0928\u092e\u0938\u094d\u0924\u0947", "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f3f3\ufe0f\u200d\U0001f308 \U0001f44d\U0001f3fd \U0001f1e9\U0001f1ea", "\u2764\ufe0f\u20e3 \U0001f600\U0001f600", "\U00020000\U0002a6d6 \U0001d54f", "\u0000\u0001\u0007\u001b[0m\u007f\u0080\u0085\u009f",
    "\ufeffbom \ufeff in \ufeff", "a\u00a0b\u2003c\u3000d\u2028e\u2029f\u200bg\u180eh", "a\u0085b \u0085\u0085x", "\u00ad\u200e\u202e\u2066\ufffd\ufffc\ue000\U0010ffff", "\u2581\u2581a \u2581 b\u2581", "_ __ ___ \\ // \\n \\t %20 &amp; <br/>",
    "<s>", "</s>", "<s> a </s>", "a<s>b</s>c", "<s><s></s>", " <s> ", "<unk><pad>", "<|im_start|>user\nHi<|im_end|>\n", "<|endoftext|>", "x <mask>  y", "x<mask>y", "<mask> <mask>", "word", "a word.", "swordfish", "words", "wordword", "word word", "_word", "\u00e9word", "word\u0301", "WORD Word", "<0x41><0x0A>", "<0xE2><0x96><0x81>",
    "def f(x):\n    return x ** 2  # sq\n\n\tif True:\n\t\tpass", "https://example.com/a?b=c&d=%20#e", "a" * 70, "ab" * 40, " " * 40, "\n" * 17, "!?" * 20, "-" * 33, "the" * 30, "\U0001f600" * 5, "\u4e00" * 9, "e\u0301" * 9, "1" * 20,
    "$\u20ac\u00a3\u00a5 \u00a9\u00ae\u2122 \u2190\u2191 \u2211\u222b \u00b1\u00d7", "\u2018a\u2019 \u201cb\u201d \u2014 \u2026 \u00ab\u00bb", "\u01c5 \ufb01 \ufb00 \u2460 \u33a1 \u210c", "\u10a0\u2d00 \ua640 \u0531", " \u00e9", "\u00e9 ", "\ud7a3\ud7a4".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
]  # fmt: skip

_WORDS = ["the", "quick", "fox", "'s", "'LL", "word", "<s>", "</s>", "<mask>", "<|im_end|>", "caf\u00e9", "123", "4", "\u4f60\u597d", "\U0001f600", "<0x41>", "\u2581"]
_GLUE = ["", "", " ", " ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u0085", "\u3000", ".", ",", "'", "-", "_"]
_RANGES = [(0x20, 0x7E), (0x20, 0x7E), (0, 0x1F), (0x80, 0x24F), (0x300, 0x36F), (0x370, 0x5FF), (0x600, 0x6FF), (0x900, 0x97F), (0x1100, 0x11FF), (0x2000, 0x206F), (0x2070, 0x2BFF), (0x3000, 0x30FF), (0x4E00, 0x4FFF), (0xAC00, 0xACFF), (0xFB00, 0xFB4F), (0xFE00, 0xFFFD), (0x1F300, 0x1F6FF), (0x1D400, 0x1D4FF), (0x20000, 0x200FF)]  # fmt: skip


def random_text(rng: random.Random) -> str:
    parts = []
    for _ in range(rng.randint(1, 12)):
        kind = rng.random()
        if kind < 0.5:
            parts.append(rng.choice(_WORDS))
        elif kind < 0.75:
            low, high = rng.choice(_RANGES)
            parts.append("".join(chr(rng.randint(low, high)) for _ in range(rng.randint(1, 4))))
        else:
            parts.append(rng.choice(_GLUE) * rng.randint(1, 3))
        parts.append(rng.choice(_GLUE))
    return "".join(parts)


def texts(count: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    return FIXED + [random_text(rng) for _ in range(count)]


def long_texts(seed: int) -> list[str]:
    """100,000 characters each of what texts seldom have so much of."""
    rng = random.Random(seed)
    letters = "".join(chr(rng.randint(97, 122)) for _ in range(100_000))
    parts = ["a", "ab", "1", " ", "\n", " \n", "!", "<", "'s", "\u4e00\u4e8c", "e\u0301", "\u0301\u0327", "\U0001f468\u200d", "<|im_start|>"]
    return [letters, "e" + "\u0301" * 60_000] + [part * (100_000 // len(part)) for part in parts]


def prose(characters: int, seed: int) -> str:
    rng = random.Random(seed)
    words = ["".join(chr(rng.randint(97, 122)) for _ in range(rng.randint(1, 9))) for _ in range(5000)]
    return " ".join(rng.choice(words) for _ in range(characters))[:characters]
