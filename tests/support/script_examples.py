"""Scripts of every kind, and bots to run them on; what becomes of them is for botium-core to say."""

from __future__ import annotations

from support.botium import Example


def script(body, *said, greeting=(), caps=None, options=None, **files):
    """Return a script, with files whose names have __ for a dot, on a bot that always says the same."""
    answers = {"*": list(said)}
    return Example(
        {"a.convo.txt": body, **{k.replace("__", "."): v for k, v in files.items()}},
        greeting,
        answers,
        caps or {},
        options or {},
    )


def bot(lines, *said, **k):
    return script("a\n#me\nhi\n#bot\n" + lines + "\n", *said, **k)


def T(text, **more):
    return {"text": text, **more}


H = T("Hello World")
X = {"text": "Pick", "buttons": {"Yes": "y", "No thanks": "n|o"}}
C = {
    "text": "Cards",
    "cards": [
        {
            "text": "Mug",
            "subtext": "A <b>blue</b> mug",
            "image": "https://x.org/mug.png",
            "buttons": {"Buy": "buy-1"},
        },
        {"text": "Lamp"},
    ],
}
M = {"text": "Pic", "media": ["https://x.org/a.png"]}
EXAMPLES: dict[str, Example] = {}


def add(name, example):
    EXAMPLES[name] = example


for line, said in [
    ("hello", H),
    ("Hello*World", H),
    ("*", H),
    ("world hello", H),
    ("!hello", H),
    ("!bye", H),
    ("?hello", H),
    ("?bye", H),
    ("HELLO\nworld", H),
    ("hello\n\nworld", H),
    ("\nhello", H),
    ("hello\n\n", H),
    ("!!hello", T("say !hello")),
    ("??hello", T("say ?hello")),
    ("!!hello", H),
    ("!?hello", H),
    ("?!hello", H),
    ("?!bye", H),
    ("?", H),
    ("!", H),
    ("# not a tag", T("# not a tag")),
    ("## x", T("## x")),
    (" #bot", T("#bot")),
    ("Hello &amp; bye", T("Hello & bye")),
    ("a <b>c</b>", T("a c")),
    ("Hello & bye", T("Hello &amp; bye")),
    ("a&lt;b", T("a<b")),
    ("x  y", T("x y")),
    ("x y", T("x<br>y")),
    ("it's", T("it&#39;s")),
    ("&quot;q&quot;", T('"q"')),
    ("é", T("É")),
    ("straße", T("STRASSE")),
    ("ı", T("I")),
    ("hello\n!bye", H),
    ("hello\n?bye", H),
    ("a.b", T("axb")),
    ("[x]", T("[x]")),
    ("a+b", T("a+b")),
    ("(1)", T("(1)")),
    ("$5", T("$5")),
    ("100%", T("100%")),
    ("a\\b", T("a\\b")),
    ("a|b", T("a|b")),
    ("*" * 11, H),
    ("h*o*w*d", H),
    ("h*z*d", H),
    ("*hello*", H),
    ("**", H),
    ("TEXT Hello World", H),
    ("TEXT hello world", H),
    ("TEXT_IC hello world", H),
    ("TEXT", H),
    ("!TEXT", H),
    ("TEXT", X),
    ("TEXT a|Hello World", H),
    ("!TEXT a|b", H),
    ("!TEXT Hello World", H),
    ("TEXT ", H),
    ("TEXT_EQUALS Hello World", H),
    ("TEXT_EQUALS_IC HELLO world", H),
    ("TEXT_CONTAINS_ANY Hello|x", H),
    ("TEXT_CONTAINS_ANY hello", H),
    ("TEXT_CONTAINS_ANY_IC hello", H),
    ("TEXT_CONTAINS_ALL Hello|x", H),
    ("TEXT_CONTAINS_ALL Hello|World", H),
    ("!TEXT_CONTAINS_ALL Hello|x", H),
    ("!TEXT_CONTAINS_ANY Hello|x", H),
    ("TEXT_CONTAINS_ANY", H),
    ("!TEXT_CONTAINS_ANY", H),
    ("TEXT_CONTAINS_ANY |x", H),
    ("TEXT_WILDCARD_ANY H*d", H),
    ("TEXT_WILDCARD_ALL H*o|W*", H),
    ("TEXT_WILDCARD_ANY_IC h*d", H),
    ("TEXT_WILDCARDEXACT_ANY H*", H),
    ("TEXT_WILDCARDEXACT_ANY H*o", H),
    ("TEXT_WILDCARDEXACT_ALL_IC h*|*d", H),
    ("TEXT_REGEXP_ANY ^H.*d$", H),
    ("TEXT_REGEXP_ANY ^h", H),
    ("TEXT_REGEXP_ANY_IC ^h", H),
    ("TEXT_REGEXP_ALL \\w+ \\w+|World$", H),
    ("TEXT_REGEXP_ANY [", H),
    ("!TEXT_REGEXP_ANY [", H),
    ("TEXT_REGEXP_ANY \\d{2\\|3}", T("a 22")),
    ("TEXT_REGEXP_ANY ^\\D+$", H),
    ("TEXT_REGEXP_ANY (?<n>l)\\k<n>", H),
    ("TEXT_REGEXP_ANY [^a-z]", H),
    ("TEXT_REGEXP_ANY é", T("É")),
    ("TEXT_REGEXP_ANY_IC é", T("É")),
    ("TEXT_REGEXP_ANY \\bWorld\\b", H),
    ("TEXT_REGEXP_ANY a/b", T("a/b")),
    ("TEXT_REGEXP_ANY a\\/b", T("a/b")),
    ("TEXT_WER Hello World|0", H),
    ("TEXT_WER Hello There|50", H),
    ("TEXT_WER Hello There|49", H),
    ("TEXT_WER Hello There|0.5", H),
    ("TEXT_WER hello, world!|0", H),
    ("!TEXT_WER Hello There|50", H),
    ("!TEXT_WER Hello There|51", H),
    ("TEXT_WER hello * please|50", T("hello dear world pleese")),
    ("TEXT_WER hello *|0", T("hello dear")),
    ("TEXT_WER a b c d|75", T("b c d")),
    ("TEXT_WER b c|40", T("a b c")),
    ("TEXT_WER a|b|c", H),
    ("TEXT_WER", H),
    ("TEXT_WER a b|150", T("x y z")),
    ("TEXT_WER * b c *|30", T("a b d e")),
    ("BUTTONS", X),
    ("BUTTONS", H),
    ("!BUTTONS", X),
    ("!BUTTONS", H),
    ("BUTTONS yes", X),
    ("BUTTONS Yes|No", X),
    ("BUTTONS y", X),
    ("BUTTONS Maybe", X),
    ("!BUTTONS Maybe", X),
    ("!BUTTONS Maybe|Yes", X),
    ("BUTTONS n\\|o", X),
    ('BUTTONS "y"', X),
    ("BUTTONS *", X),
    ("BUTTONS |", X),
    ("BUTTONS |", H),
    ("BUTTONS Buy", C),
    ("BUTTONS buy-1", C),
    ("BUTTONS_COUNT 2", X),
    ("BUTTONS_COUNT >1", X),
    ("BUTTONS_COUNT >2", X),
    ("BUTTONS_COUNT <= 2", X),
    ("BUTTONS_COUNT ==2", X),
    ("BUTTONS_COUNT =2", X),
    ("BUTTONS_COUNT two", X),
    ("!BUTTONS_COUNT two", X),
    ("BUTTONS_COUNT", X),
    ("BUTTONS_COUNT", H),
    ("!BUTTONS_COUNT 3", X),
    ("BUTTONS_COUNT", C),
    ("BUTTONS_COUNT_REC 1", C),
    ("BUTTONS_COUNT 2x", X),
    ("CARDS", C),
    ("CARDS", H),
    ("!CARDS", H),
    ("CARDS mug", C),
    ("CARDS a blue mug|lamp", C),
    ("CARDS chair", C),
    ("!CARDS chair|lamp", C),
    ("CARDS_COUNT 2", C),
    ("CARDS_COUNT_REC 2", C),
    ("CARDS_COUNT >2", C),
    ("MEDIA", M),
    ("MEDIA", H),
    ("MEDIA", C),
    ("MEDIA a.png", M),
    ("MEDIA https://x.org/*", M),
    ("MEDIA mug.png", C),
    ("!MEDIA b.png", M),
    ("MEDIA_COUNT 1", M),
    ("MEDIA_COUNT 0", C),
    ("MEDIA_COUNT_REC 1", C),
    ("JSON_PATH $.content[0].text", H),
    ("JSON_PATH $.content[0].text|hello", H),
    ("JSON_PATH $.content[0].text|bye", H),
    ("JSON_PATH $.nothing", H),
    ("!JSON_PATH $.nothing", H),
    ("!JSON_PATH $.content[0].text", H),
    ("!JSON_PATH $.content[0].text|bye", H),
    ("!JSON_PATH $.content[0].text|hello", H),
    ("JSON_PATH $..text", H),
    ("JSON_PATH $..label|No thanks", X),
    ("JSON_PATH", H),
    ("JSON_PATH a|b|c", H),
    ("JSON_PATH $[", H),
    ("!JSON_PATH $[", H),
    ("JSON_PATH $.content[?(@.type=='text')].text|hello", H),
    ("JSON_PATH $.content[(@.length-1)].type|text", H),
    ("JSON_PATH content[0].text|hello", H),
    ("JSON_PATH $.content.length|1", H),
    ("JSON_PATH $.content|text", H),
    ("JSON_PATH_COUNT $.content", H),
    ("JSON_PATH_COUNT $.content|1", H),
    ("JSON_PATH_COUNT $..options|2", X),
    ("JSON_PATH_COUNT $.nothing|0", H),
    ("JSON_PATH_COUNT $.content[0]|0", H),
    ("JSON_PATH_COUNT $.content[0].text|11", H),
    ("JSON_PATH_COUNT", H),
    ("!JSON_PATH_COUNT $.content|2", H),
    ("RESPONSE_LENGTH 11", H),
    ("RESPONSE_LENGTH 10", H),
    ("!RESPONSE_LENGTH 10", H),
    ("!RESPONSE_LENGTH 11", H),
    ("RESPONSE_LENGTH", H),
    ("RESPONSE_LENGTH x", H),
    ("RESPONSE_LENGTH 3", X),
    ('{"content": [{"text": "hello"}]}', H),
    ('{"content": [{"text": "bye"}]}', H),
    ('{"content": []}', H),
    ('{"x": 1}', H),
    ("[1,2]", T("[1,2]")),
    ("5", T("15")),
    ("{}", T("{}")),
    ("[]", T("[]")),
    ('{\n"content": [\n{"type": "text"}]\n}', H),
    ('{"content": null}', H),
    ('{"a": b}', H),
    ('{"content": [{"text": "Hello $x"}]}', H),
    ("{hello}", T("{hello}")),
    ('[{"a":1}]', H),
    ('["a"]', T('["a"]')),
    ("BOT_CONSUMED", H),
    ("!BOT_CONSUMED", H),
    ("BOT_UNCONSUMED_COUNT 0", H),
    ("BUTONS yes", X),
    ("BUTTONS\tyes", X),
    ("buttons yes", X),
    ("hello\nBUTTONS yes", T("hello", buttons={"Yes": "y"})),
    ("BUTTONS yes\nhello", T("hello", buttons={"Yes": "y"})),
    ("?BUTTONS yes\nhello", X),
    ("?BUTTONS yes\n?hello", X),
    ("constructor", T("constructor")),
    ("toString x", T("toString x")),
    ("FORMS", H),
    ("INTENT x", H),
    ("!INTENT x", H),
    ("ENTITIES x", H),
    ("PAUSE 1", H),
    ("PAUSE", H),
    ("PAUSE x", H),
    ("PAUSE 1|2", H),
    ("PAUSE 1.5", H),
    ("SET_SCRIPTING_MEMORY a", H),
    ("ASSIGN_SCRIPTING_MEMORY a|$.messageText", H),
    ("ASSIGN_SCRIPTING_MEMORY a|$.nope", H),
    ("WAITFORBOT 50", H),
    ("CLEAR_SCRIPTING_MEMORY a", H),
    ("CLEAR_SCRIPTING_MEMORY", H),
    ("UPDATE_CUSTOM a|b", H),
    ("ORDERED_LIST_TO_BUTTON\nBUTTONS 1|2", T("1. a\n2. b")),
    ("ORDERED_LIST_TO_BUTTON\nBUTTONS 3", T("1. a\n2. b")),
    ("ORDERED_LIST_TO_BUTTON (\\w)\\)\nBUTTONS a", T("a) x")),
    ('CONVO_STEP_PARAMETERS {"matchingMode":"equals"}\nHello World', H),
    ('CONVO_STEP_PARAMETERS {"matchingMode":"equals"}\nhello', H),
    ("CONVO_STEP_PARAMETERS matchingMode:regexp\n^H.*", H),
    ('CONVO_STEP_PARAMETERS {"matchingMode":"wer","matchingModeWer":50}\nhello there', H),
    ('CONVO_STEP_PARAMETERS {"matchingMode":"nope"}\nHello World', H),
    ('CONVO_STEP_PARAMETERS {"matchingMode":"nope"}\nhello World', H),
    ("$date(YYYY)", T("x")),
    ("hello $name\n", T("hello Anna")),
    ("$msg($.messageText)", H),
    ("$random", T("5")),
    ("$env(HOME)", T("x")),
    ("#bot2", T("#bot2")),
    ("#Bot", T("#Bot")),
    ("*\tx", T("a x")),
    ("a*b", T("a\nb")),
    ("a b", T("a\nb")),
]:
    add(f"{line!r} on {list(said)} {said.get('text', '')!r}", bot(line, said))
add("empty me", script("a\n#me\n#bot\nhi\n", greeting=[T("hi")]))
add("greet", script("a\n#bot\nhi\n#me\nyo\n#bot\nhello", H, greeting=[T("hi")]))
add("greet first consumes", script("a\n#me\nyo\n#bot\nhello", H, greeting=[T("hi")]))
add("no answer", script("a\n#me\nyo\n#bot\n"))
add("optional late", script("a\n#me\nyo\n#bot\n?x\n#me\nb\n#bot\n?y"))
add("optional two", script("a\n#me\nyo\n#bot\n?x\n#bot\n?hello\n#bot\nhello\n", H))
add("optional all mis", script("a\n#me\nyo\n#bot\n?x\n#bot\n?z\n#bot\ny\n", H))
add("optional then me", script("a\n#me\nyo\n#bot\n?x\n#me\ny\n", H))
add("optional last", script("a\n#me\nyo\n#bot\n?x\n", H))
add("optional memory", script("a\n#me\nyo\n#bot\n?bye $nm\n#bot\nhello $nm\n#me\n$nm", H))
add(
    "optional late then mandatory",
    script("a\n#me\nyo\n#bot\nhello\n#bot\n?x\n#bot\n?y\n#bot\nz", H),
)
add("two messages", script("a\n#me\nyo\n#bot\nhello\n#bot\nbye\n", H, T("bye")))
add("left over", script("a\n#me\nyo\n#bot\nhello\n", H, T("bye")))
add("left consumed", script("a\n#me\nyo\n#bot\nhello\nBOT_CONSUMED\n", H, T("bye")))
add("left unc", script("a\n#me\nyo\n#bot\nhello\n#end\nBOT_UNCONSUMED_COUNT 1\n", H, T("bye")))
add("left unc2", script("a\n#me\nyo\n#bot\nhello\n#end\nBOT_CONSUMED\n", H, T("bye")))
add(
    "skip",
    script(
        "a\n#me\nyo\n#bot\nhello\nPAUSE 30\nSKIP_BOT_UNCONSUMED\n#me\nx\n#bot\nhello\n#bot\nbye",
        H,
        T("bye"),
    ),
)
add("capture", script("a\n#me\nyo\n#bot\nHello $who\n#me\nI am $who\n#bot\nhello $who", H))
add("capture2", script("a\n#me\nyo\n#bot\n$aa is $bb\n#me\n$bb $aa", T("x is y")))
add("capture case", script("a\n#me\nyo\n#bot\nHELLO $who\n#me\nI am $who", H))
add("capture long", script("a\n#me\nyo\n#bot\n$aab is $aa\n#me\n$aa $aab", T("x is y")))
add(
    "me vars",
    script(
        "a\n#begin\nSET_SCRIPTING_MEMORY nm|Ann Lee\n#me\nI am $nm\n#bot\nhello\nTEXT_CONTAINS_ANY $nm|World",
        H,
    ),
)
add("set in bot", script("a\n#me\nyo\n#bot\nhello\nSET_SCRIPTING_MEMORY xx|7\n#me\n$xx", H))
add("set in me", script("a\n#me\nyo\nSET_SCRIPTING_MEMORY xx|7\n#me\n$xx", H))
add(
    "assign",
    script("a\n#me\nyo\n#bot\nASSIGN_SCRIPTING_MEMORY xx|$.buttons[0].payload\n#me\n$xx", X),
)
add("testcase", script("nm\n#me\n$testcasename"))
add("proj", script("nm\n#me\n$projectname $testsessionname"))
add(
    "year",
    script(
        "nm\n#me\n$year $date(YYYY-MM-DD) $date_ISO $month $day_of_week $date_add(2,days,D) $tomorrow(ddd) $time_HH"
    ),
)
add("quoted fn", script('nm\n#me\n$date("YYYY")x'))
add("fn paren", script("nm\n#me\n$date(YYYY [\\(x\\)])"))
add(
    "fn date",
    script("nm\n#me\n$date $date_EN $yesterday $date_DE $date_subtract(1,month,MMM Do YY)"),
)
add("random len", script("nm\n#me\nx\n#bot\n$random10", T("1234567890")))
add("me mods", script("a\n#me\n!stop"))
add("me mods2", script("a\n#me\n!!stop"))
add("me mods3", script("a\n#me\n?stop\n!x"))
add("me multi", script("a\n#me\nb\nc\n\n\n#bot\nhello", H))
add("me multi blank", script("a\n#me\nb\n\nc\n"))
add("me lead blank", script("a\n#me\n\nb\n"))
add("me trail space", script("a\n#me\nb  \n"))
add("me asserter word", script("a\n#me\nBUTTONS x\n"))
add("me button", script("a\n#me\nBUTTON pay|Label\n"))
add("me button none", script("a\n#me\nBUTTON\n"))
add("me button 3", script("a\n#me\nBUTTON a|b|c\n"))
add("me button text", script("a\n#me\nfoo\nBUTTON pay\n"))
add("me text after", script("a\n#me\nBUTTON pay\nfoo\n"))
add("me text after hook", script("a\n#me\nPAUSE 1\nfoo\n"))
add("me blank after hook", script("a\n#me\nfoo\nPAUSE 1\n\n"))
add("me !button", script("a\n#me\n!BUTTON pay\n"))
add("utt bot", script("a\n#me\nyo\n#bot\nUTT_HI", H, u__utterances__txt="UTT_HI\nhey\nhello\n\n"))
add(
    "utt bot no", script("a\n#me\nyo\n#bot\nUTT_HI", H, u__utterances__txt="UTT_HI\nhey\nhallo\n\n")
)
add(
    "utt bot not",
    script("a\n#me\nyo\n#bot\n!UTT_HI", H, u__utterances__txt="UTT_HI\nhey\nhello\n\n"),
)
add("utt me", script("a\n#me\nUTT_HI\n#bot\nhello", H, u__utterances__txt="UTT_HI\nhey\nhello\n\n"))
add("utt me 1", script("a\n#me\nUTT_HI\n#bot\nhello", H, u__utterances__txt="UTT_HI\nhey"))
add(
    "utt me 12",
    script(
        "a\n#me\nUTT_HI\n", H, u__utterances__txt="UTT_HI\n" + "\n".join(f"v{i}" for i in range(12))
    ),
)
add(
    "utt me two",
    script(
        "a\n#me\nUTT_HI\n#me\nUTT_B",
        H,
        u__utterances__txt="UTT_HI\na\nb",
        v__utterances__txt="UTT_B\nc\nd\ne",
    ),
)
for m in ("first", "index"):
    add(
        "utt me " + m,
        script(
            "a\n#me\nUTT_HI\n#me\nUTT_B",
            H,
            u__utterances__txt="UTT_HI\na\nb",
            v__utterances__txt="UTT_B\nc\nd\ne",
            caps={"SCRIPTING_UTTEXPANSION_MODE": m},
            options={"expand": m},
        ),
    )
    add(
        "utt me r " + m,
        script(
            "a\n#me\nUTT_B\n#me\nUTT_HI",
            H,
            u__utterances__txt="UTT_HI\na\nb",
            v__utterances__txt="UTT_B\nc\nd\ne",
            caps={"SCRIPTING_UTTEXPANSION_MODE": m},
            options={"expand": m},
        ),
    )
add(
    "utt args",
    script(
        "a\n#me\nUTT_HI Anna Lee\n#bot\nUTT_W World",
        H,
        u__utterances__txt="UTT_HI\nI am %s",
        v__utterances__txt="UTT_W\nhello %s",
    ),
)
add("utt args pct", script("a\n#me\nUTT_HI 5 x", H, u__utterances__txt="UTT_HI\n%d%% of %s or %s"))
add(
    "utt text arg",
    script("a\n#me\nyo\n#bot\nTEXT_CONTAINS_ANY_IC UTT_W", H, v__utterances__txt="UTT_W\nhello"),
)
add("utt buttons", script("a\n#me\nyo\n#bot\nBUTTONS UTT_W", X, v__utterances__txt="UTT_W\nyes"))
add("utt case", script("a\n#me\nutt_w", v__utterances__txt="UTT_W\nyes"))
add(
    "utt merged",
    script(
        "a\n#me\nUTT_W", v__utterances__txt="UTT_W\nyes\nno", w__utterances__txt="UTT_W\nno\nmaybe"
    ),
)
add(
    "utt var",
    script("a\n#me\nyo\n#bot\nUTT_W\n#me\n$xx", H, v__utterances__txt="UTT_W\nbye $xx\nhello $xx"),
)
MEM = "|$nm|$city\nc1|Ann|Rome\nc2|Bob|\n"
add("mem", script("a\n#me\nI am $nm of $city\n#bot\nhello", H, m__scriptingmemory__txt=MEM))
add("mem unused", script("a\n#me\nI am\n#bot\nhello", H, m__scriptingmemory__txt=MEM))
add(
    "mem T",
    script(
        "a\n#me\nI am $nm of $city", H, m__scriptingmemory__txt="|c1|c2\n$nm|Ann|Bob\n$city|Rome|\n"
    ),
)
add(
    "mem two",
    script(
        "a\n#me\n$nm $zz",
        H,
        m__scriptingmemory__txt=MEM,
        n__scriptingmemory__txt="|$zz\nz1|1\nz2|2",
    ),
)
add("mem dup", script("a\n#me\n$nm", H, m__scriptingmemory__txt=MEM, n__scriptingmemory__txt=MEM))
add(
    "mem intersect",
    script("a\n#me\n$nm", H, m__scriptingmemory__txt=MEM, n__scriptingmemory__txt="|$nm\nz1|1"),
)
add("mem noname", script("a\n#me\n$nm", H, m__scriptingmemory__txt="|$nm\n|1"))
add("mem novar", script("a\n#me\n$nm", H, m__scriptingmemory__txt="|$nm|\nx|1|2"))
add("mem header only", script("a\n#me\n$nm", H, m__scriptingmemory__txt="|$nm"))
add("mem blank line", script("a\n#me\n$nm", H, m__scriptingmemory__txt="|$nm\n\nx|1\n"))
add(
    "mem capture over",
    script(
        "a\n#me\n$nm\n#bot\nhello $nm\n#me\n$nm",
        T("hello Ann Lee"),
        m__scriptingmemory__txt="|$nm\nx|Ann Lee",
    ),
)
add(
    "mem set",
    script(
        "a\n#begin\nSET_SCRIPTING_MEMORY nm|Q\n#me\n$nm", H, m__scriptingmemory__txt="|$nm\nx|1\n"
    ),
)
add(
    "mem utt",
    script(
        "a\n#me\nUTT_A",
        H,
        m__scriptingmemory__txt="|$nm\nx|1\ny|2",
        u__utterances__txt="UTT_A\nhi $nm\nyo $nm",
    ),
)
P = "part\n#begin\nSET_SCRIPTING_MEMORY xx|1\n#me\nfrom part\n#bot\nhello\n#end\nBOT_CONSUMED"
add("incl", script("a\n#include part\n#me\n$xx", H, p__pconvo__txt=P))
add("incl line", script("a\n#include\npart\n#me\n$xx", H, p__pconvo__txt=P))
add("incl both", script("a\n#include part\n part\n\n#me\n$xx", H, p__pconvo__txt=P))
add("incl hook", script("a\n#me\nfirst\nINCLUDE part\n#me\nlast", H, p__pconvo__txt=P))
add("incl hook begin", script("a\n#begin\nINCLUDE part\n#me\nlast", H, p__pconvo__txt=P))
add("incl hook bot", script("a\n#me\nfirst\n#bot\nINCLUDE part\n#me\nlast", H, p__pconvo__txt=P))
add("incl missing", script("a\n#include none\n#me\nx", H, p__pconvo__txt=P))
add("incl none", script("a\n#include none\n#me\nx", H))
add(
    "incl circ",
    script(
        "a\n#include p1\n#me\nx",
        H,
        p__pconvo__txt="p1\n#include p2",
        q__pconvo__txt="p2\n#include p1",
    ),
)
add("incl two args", script("a\n#me\nx\nINCLUDE part|x", H, p__pconvo__txt=P))
add("incl pipe name", script("a\n#me\nx", H, p__pconvo__txt="p|q\n#me\ny"))
add("incl noname", script("a\n#me\nx", H, p__pconvo__txt="#me\ny"))
add("incl dup", script("a\n#me\nx", H, p__pconvo__txt=P, q__pconvo__txt=P))
add(
    "incl nested twice",
    script(
        "a\n#include p1\n#include p1\n",
        H,
        p__pconvo__txt="p1\n#include p2",
        q__pconvo__txt="p2\n#me\nzz",
    ),
)
add(
    "incl in bot text",
    script("a\n#me\nx\n#bot\nhello\nINCLUDE part\nBUTTONS_COUNT 0", H, p__pconvo__txt=P),
)
add("no name", script("#me\nx"))
add("blank name", script("\n#me\nx"))
add("crlf", script("a\r\n#me\r\nx\r\ny\r\n#bot\r\nhello\r\n", H))
add("cr", script("a\r#me\rx\r#bot\rhello\r", H))
add("desc tag", script("a\ndesc\n#me\nx"))
add("only name", script("a"))
add("channel", script("a\n#me foo\nx\n#bot\nhello", H))
add("tagspace", script("a\n#me \nx\n#bot \nhello", H))
add("skip name", script("skip_a\n#me\nx"))
add("begin text", script("a\n#begin\nfoo\n#me\nx"))
add("begin asserter", script("a\n#begin\nBOT_UNCONSUMED_COUNT 0\n#me\nx"))
add("begin buttons", script("a\n#begin\nBUTTONS x\n#me\nx"))
add(
    "begin pause",
    script("a\n#begin\nPAUSE 5\nPAUSE_ASSERTER 5\n#me\nx\n#end\nPAUSE 5\nPAUSE_ASSERTER x"),
)
add("end buttons", script("a\n#me\nx\n#end\nBUTTONS x"))
add("end set", script("a\n#me\nx\n#end\nSET_SCRIPTING_MEMORY a"))
J = 'CONDITIONAL_STEP_JSON_PATH_BASED {"jsonPath":"$.messageText","value":"Hello World"}'
N = 'CONDITIONAL_STEP_JSON_PATH_BASED {"jsonPath":"$.messageText","value":"nope"}'
add("cond 1", script(f"a\n#me\nx\n#bot\n{J}|g\nhello\n#bot\n{N}|g\nzz\n#me\nend", H))
add("cond 2", script(f"a\n#me\nx\n#bot\n{N}|g\nzz\n#bot\n{J}|g\nhello\n#me\nend", H))
add("cond none", script(f"a\n#me\nx\n#bot\n{N}|g\nzz\n#bot\n{N}|g\nhello\n#me\nend", H))
add(
    "cond two groups",
    script(f"a\n#me\nx\n#bot\n{J}|g\nhello\n#bot\n{N}|g\nzz\n#bot\n{J}|h\nhello\n#me\nend", H, H),
)
add(
    "cond then plain",
    script(f"a\n#me\nx\n#bot\n{J}|g\nhello\n#bot\n{N}|g\nzz\n#bot\nbye", H, T("bye")),
)
add("cond fail", script(f"a\n#me\nx\n#bot\n{J}|g\nbye\n#bot\n{N}|g\nzz\n", H))
add("cond bad", script("a\n#me\nx\n#bot\nCONDITIONAL_STEP_JSON_PATH_BASED nope\nhello", H))
add("cond opt", script(f"a\n#me\nx\n#bot\n{N}|g\n?zz\n#bot\nhello", H))
add(
    "cond time",
    script(
        'a\n#me\nx\n#bot\nCONDITIONAL_STEP_TIME_BASED {"start":"00:00","end":"23:59"}|g\nhello\n#bot\nCONDITIONAL_STEP_TIME_BASED {"start":"00:00","end":"00:00"}|g\nhello',
        H,
    ),
)
add(
    "cond bh",
    script(
        'a\n#me\nx\n#bot\nCONDITIONAL_STEP_BUSINESS_HOURS {"days":["Monday","Tuesday","Wednesday","Thursday","Friday","Saturday","Sunday"],"timeZone":"Europe/Vienna"}|g\nhello\n',
        H,
    ),
)
add(
    "ignore",
    script(
        'a\n#me\nx\n#bot\nCONVO_STEP_PARAMETERS {"ignoreNotMatchedBotResponses":{"timeout":300,"mainAsserter":true}}\nbye',
        H,
        T("bye"),
    ),
)
add(
    "ignore no",
    script(
        'a\n#me\nx\n#bot\nCONVO_STEP_PARAMETERS {"ignoreNotMatchedBotResponses":{"timeout":300}}\nbye',
        H,
        T("bye"),
    ),
)
add(
    "ignore ass",
    script(
        'a\n#me\nx\n#bot\nCONVO_STEP_PARAMETERS {"ignoreNotMatchedBotResponses":{"timeout":300,"allAsserters":true}}\nBUTTONS yes',
        H,
        X,
    ),
)
add(
    "ignore ass named",
    script(
        'a\n#begin\nCONVO_STEP_PARAMETERS {"ignoreNotMatchedBotResponses":{"timeout":300,"asserters":["BUTTONS"]}}\n#me\nx\n#bot\nBUTTONS yes',
        H,
        X,
    ),
)
add(
    "global mode",
    script('a\n#begin\nCONVO_STEP_PARAMETERS {"matchingMode":"equals"}\n#me\nx\n#bot\nhello', H),
)
for mm in (
    "equals",
    "equalsIgnoreCase",
    "include",
    "includeIgnoreCase",
    "includeLowerCase",
    "regexp",
    "regexpIgnoreCase",
    "wildcard",
    "wildcardExact",
    "wildcardExactIgnoreCase",
):
    for line in ("hello world", "Hello World", "Hello", "h*", "^h.* ?world$", "Hello $who"):
        add(
            f"mode {mm} {line}",
            bot(line, H, caps={"SCRIPTING_MATCHING_MODE": mm}, options={"matching": mm}),
        )
    add(
        f"mode {mm} btn",
        bot("BUTTONS yes", X, caps={"SCRIPTING_MATCHING_MODE": mm}, options={"matching": mm}),
    )
    add(
        f"mode {mm} Btn",
        bot("BUTTONS Yes", X, caps={"SCRIPTING_MATCHING_MODE": mm}, options={"matching": mm}),
    )
add(
    "mode wer",
    bot(
        "hello there",
        H,
        caps={"SCRIPTING_MATCHING_MODE": "wer", "SCRIPTING_MATCHING_MODE_ARGS": ["50"]},
        options={"matching": "wer:50"},
    ),
)


def Y(text, *said, **options):
    return Example({"a.yaml": text}, (), {"*": list(said)}, **options)


add(
    "yaml",
    Y(
        "convos:\n  - name: y\n    steps:\n      - me:\n        - hi\n      - bot:\n        - hello\n        - BUTTONS_COUNT 0\n",
        H,
    ),
)
add(
    "yaml obj",
    Y(
        "convos:\n  - name: y\n    steps:\n      - me:\n        - hi\n      - bot:\n        - hello\n        - TEXT_CONTAINS_ANY: [Hello, x]\n        - NOT_BUTTONS:\n          - yes\n        - '!CARDS': x\n",
        H,
    ),
)
add(
    "yaml asserter",
    Y(
        "convos:\n  - name: y\n    steps:\n      - me:\n        - hi\n      - bot:\n        - asserter: TEXT_CONTAINS_ANY\n          args: [Bye]\n          not: true\n        - logichook: SET_SCRIPTING_MEMORY\n          args: [xx, '5']\n      - me:\n        - $xx\n",
        H,
    ),
)
add(
    "yaml opt",
    Y(
        "convos:\n  - name: y\n    steps:\n      - me: [hi]\n      - bot:\n        - OPTIONAL_TEXT: Bye\n      - bot:\n        - hello\n",
        H,
    ),
)
add(
    "yaml two keys",
    Y("convos:\n  - name: y\n    steps:\n      - me: [hi]\n        bot: [hello]\n", H),
)
add("yaml unknown", Y("convos:\n  - name: y\n    steps:\n      - you: [hi]\n", H))
add("yaml number line", Y("convos:\n  - name: y\n    steps:\n      - me: [5]\n", H))
add(
    "yaml yes",
    Y(
        "convos:\n  - name: y\n    steps:\n      - me: [yes]\n      - me: [no]\n      - me: [on]\n      - me: ['1:30']\n      - me: [0o]\n",
        H,
    ),
)
add("yaml true", Y("convos:\n  - name: y\n    steps:\n      - me: [true]\n", H))
add("yaml bad kw", Y("convos:\n  - name: y\n    steps:\n      - bot:\n        - FOO: [x]\n", H))
add(
    "yaml input",
    Y(
        "convos:\n  - name: y\n    steps:\n      - me:\n        - BUTTON: [pay, Label]\n      - me:\n        - userinput: BUTTON\n          args: pay2\n",
        H,
    ),
)
add(
    "yaml utt",
    Y(
        "convos:\n  - name: y\n    steps:\n      - me: [U]\nutterances:\n  U:\n    - a\n    - 5\n    - true\n",
        H,
    ),
)
add(
    "yaml utt notlist",
    Y("convos:\n  - name: y\n    steps:\n      - me: [U]\nutterances:\n  U: a\n", H),
)
add(
    "yaml mem",
    Y(
        "convos:\n  - name: y\n    steps:\n      - me: [$nm]\nscriptingMemory:\n  - header:\n      name: c1\n    values:\n      $nm: Ann\n  - header:\n      name: c2\n    values:\n      $nm: Bob\n",
        H,
    ),
)
add(
    "yaml mem lines",
    Y(
        "convos:\n  - name: y\n    steps:\n      - me: [$nm]\nscriptingMemory:\n  - '|$nm'\n  - c1|Ann\n",
        H,
    ),
)
add(
    "yaml partial",
    Y(
        "convos:\n  - name: y\n    steps:\n      - include: [pp]\n      - me: [end]\npartialConvos:\n  - name: pp\n    steps:\n      - me: [pt]\n",
        H,
    ),
)
add("yaml dup", Y("convos:\n  - name: y\n    name: z\n    steps:\n      - me: [x]\n", H))
add("yaml noname", Y("convos:\n  - steps:\n      - me: [x]\n", H))
add(
    "yaml multi text",
    Y("convos:\n  - name: y\n    steps:\n      - me:\n        - |\n          x\n          y\n", H),
)
add(
    "yaml begin",
    Y(
        "convos:\n  - name: y\n    steps:\n      - begin:\n        - SET_SCRIPTING_MEMORY: [xx, '9']\n      - me: [$xx]\n",
        H,
    ),
)
add("media many", script("a\n#me\nMEDIA a.png|b.png"))
