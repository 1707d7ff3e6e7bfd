"""Small chat templates at random: every construct of Jinja that Transformers' sandbox allows, mostly well typed."""

TEXTS = ["", "a", "Hello World", " x ", "a,b,,c", "äß🦄x", "it's \"q\"", "a\nb\r\n\nc\n", "7", "-3.5", "true", "<b>&amp;", "%s {} {{", "\u00a0y\u3000", "x" * 9, "\t", "0x1F", "İıß", "e\u0301", "\\n"]
DATA = {
    "s": "Hello World", "e": "", "u": "äß🦄x", "n": 7, "f": 2.5, "z": 0, "t": True, "nil": None,
    "l": [3, 1, 2], "w": ["b", "A", "c"], "d": {"b": 1, "a": "x", "items": 5},
    "us": [{"name": "Ann", "age": 3}, {"name": "Bob", "age": 2}, {"name": "cy", "age": 3}],
}
METHODS = [
    "upper()", "lower()", "title()", "capitalize()", "swapcase()", "strip()", "lstrip()", "rstrip()", "split()", "splitlines()", "casefold()", "isdigit()",
    "isalpha()", "isalnum()", "isspace()", "isupper()", "islower()", "istitle()", "isnumeric()", "isdecimal()", "isidentifier()", "isascii()", "expandtabs()",
    "strip(@T)", "lstrip(@T)", "rstrip(@T)", "split(@T)", "split(@T, @I)", "rsplit(@T, @I)", "rsplit()", "partition(@T)", "rpartition(@T)", "startswith(@T)",
    "endswith(@T)", "find(@T)", "rfind(@T)", "find(@T, @I)", "index(@T)", "count(@T)", "replace(@T, @T)", "replace(@T, @T, @I)", "join(@L)", "zfill(@I)",
    "center(@I)", "ljust(@I, '*')", "rjust(@I)", "removeprefix(@T)", "removesuffix(@T)", "format(@V, @V)", "splitlines(true)", "split(maxsplit=1)",
    "split(sep=@T, maxsplit=@I)", "startswith((@T, @T))", "startswith(@T, @I)", "endswith(@T, @I, @I)", "count(@T, @I)",
]
FILTERS_TEXT = [
    "upper", "lower", "title", "capitalize", "trim", "trim(@T)", "replace(@T, @T)", "replace(@T, @T, @I)", "indent", "indent(2, true)", "indent(@I, blank=true)",
    "truncate(9)", "truncate(@I, true)", "truncate(5, false, '!', 0)", "center(@I)", "wordcount", "striptags", "urlencode", "string", "list", "reverse", "first",
    "last", "length", "int", "float", "int(@I)", "tojson", "default(@T)", "default(@T, true)", "sort", "unique|list",
    "join('-')", "format(@V)", "map('upper')|list", "count", "batch(2)|list", "slice(2)|list", "select|list", "d(@V)",
]
FILTERS_LIST = [
    "first", "last", "length", "join", "join(@T)", "sort", "sort(reverse=true)", "reverse|list", "sum", "min", "max", "unique|list", "map('string')|list", "batch(2, @V)|list",
    "slice(@I)|list", "select|list", "reject|list", "select('odd')|list", "select('in', @L)|list", "tojson", "tojson(indent=@I)", "list", "string", "map('default', @V)|list",
    "select('gt', @I)|list", "reject('eq', @V)|list", "select('string')|list", "map('length')|list", "groupby(0)|list", "map(attribute=0)|list", "count",
    "sort(case_sensitive=true)", "map('int')|join(',')",
]
FILTERS_NUMBER = ["abs", "round", "round(1)", "round(1, 'ceil')", "round(0, 'floor')", "int", "float", "string", "tojson", "default(1)", "string|length"]
FILTERS_DICT = ["dictsort", "dictsort(by='value')", "dictsort(reverse=true)", "items|list", "list", "length", "tojson", "tojson(indent=2)", "tojson(sort_keys=true)", "string", "first", "tojson(separators=(',', ':'))", "urlencode", "map('upper')|list"]
TESTS = [
    "defined", "undefined", "none", "string", "number", "integer", "float", "boolean", "mapping", "sequence", "iterable", "callable", "true", "false", "odd", "even", "lower", "upper",
    "divisibleby(@J)", "eq(@V)", "ne(@V)", "gt(@I)", "lt @I", "ge(@I)", "le(@I)", "in @L", "sameas(@V)", "equalto(@V)", "not none", "not defined", "not string", "escaped", "in(@L)", "filter", "test",
]
NAMES = ["s", "e", "u", "n", "f", "z", "t", "nil", "l", "w", "d", "us", "nope", "messages", "x", "i"]


class Grammar:
    """Writes templates by a source of random numbers."""

    def __init__(self, random):
        self.random = random

    def data(self):
        return DATA

    def pick(self, some):
        return self.random.choice(some)

    def chance(self, one_in):
        return self.random.randrange(one_in) == 0

    def template(self):
        return "".join(self.part(self.pick([0, 0, 1, 2])) for _ in range(self.pick([1, 1, 2])))

    # Parts

    def part(self, depth):
        kind = self.random.randrange(14)
        if kind < 4:
            return self.pick([" ", "\n", "a", " \n  ", "\n\n", "\t", "x\n", "{", "}", "}}", "%}", "#}", "\r\n", "ä", " b "])
        if kind < 9 or depth == 0:
            return self.output()
        return self.statement(depth)

    def output(self):
        return "{{" + self.pick(["", "-", "", ""]) + self.space() + self.value(3) + self.space() + self.pick(["", "-", "", ""]) + "}}"

    def space(self):
        return self.pick([" ", " ", " ", "", "\n", "  "])

    def tag(self, text):
        left, right = self.pick(["", "-", "", "", "+"]), self.pick(["", "-", "", ""])
        return "{%" + left + " " + text + " " + right + "%}"

    def body(self, depth):
        return "".join(self.part(depth - 1) for _ in range(self.random.randint(1, 3)))

    def statement(self, depth):
        kind = self.random.randrange(15)
        if kind < 3:
            text = self.tag("if " + self.value(2)) + self.body(depth)
            if self.chance(2):
                text += self.tag("elif " + self.value(2)) + self.body(depth)
            if self.chance(2):
                text += self.tag("else") + self.body(depth)
            return text + self.tag("endif")
        if kind < 6:
            return self.loop(depth)
        if kind == 6:
            return self.tag("set x = " + self.value(2))
        if kind == 7:
            return self.tag("set x, i = " + self.pick([self.value(1) + ", " + self.value(1), self.list_(1), "(1, 2)", "'ab'"]))
        if kind == 8:
            return self.tag(self.pick(["set x", "set x | upper", "set x | trim | length"])) + self.body(depth) + self.tag("endset")
        if kind == 9:
            return self.tag("set ns = namespace(x=" + self.value(1) + ", i=0)") + self.tag("for q in " + self.list_(1)) + self.tag("set ns.x = " + self.pick(["q", "ns.x ~ q", "loop.index + ns.i"])) + self.tag("endfor") + "{{ ns.x }}"
        if kind == 10:
            return self.macro(depth)
        if kind == 11:
            return self.tag("filter " + self.pick(["upper", "trim", "indent(2)", "replace('a', 'b')", "length", "title", "upper | trim"])) + self.body(depth) + self.tag("endfilter")
        if kind == 12:
            return self.tag("raw") + self.pick(["{{ x }}", " {% if %} ", "a\n", ""]) + self.tag("endraw")
        if kind == 13:
            return self.pick(["{# c #}", "{#- c -#}", " {# a\nb #}\n", "{#- c #}"])
        return self.tag("with x = " + self.value(1) + self.pick(["", ", i = " + self.value(1)])) + self.body(depth) + self.tag("endwith")

    def loop(self, depth):
        head = self.pick(["for x in " + self.list_(2), "for x in " + self.value(2), "for x in range(" + self.number(1) + ")", "for x, i in d.items()", "for x in us", "for x, i in [[1, 2], (3, 4)]", "for m in messages", "for x in u"])
        if self.chance(4):
            head += " if " + self.pick(["x", "loop.index is defined", "x is not none", "not loop", self.value(1)])
        inner = self.pick([
            "", "{{ loop.index }}", "{{ loop.index0 }},{{ loop.revindex }}", "{{ loop.last }}", "{{ loop.previtem }}|{{ loop.nextitem }}", "{{ loop.cycle('a', 'b') }}", "{{ loop.changed(x) }}",
            "{{ x }}", "{{ x.name }}", "{{ loop.first }}{{ loop.length }}", "{{ loop.depth }}{{ loop.depth0 }}", "{% if loop.index > 1 %}{% break %}{% endif %}", "{% if loop.first %}{% continue %}{% endif %}", "{{ x }}{{ i }}",
            "{% set x = 1 %}", "{{ loop.previtem is defined }}",
        ])
        text = self.tag(head) + inner + self.body(depth)
        if self.chance(4):
            text += self.tag("else") + self.body(depth)
        return text + self.tag("endfor")

    def macro(self, depth):
        head = self.pick(["m(x)", "m(x, i=2)", "m(x=1, i=x)", "m()", "m(x, i)"])
        call = self.pick(["m(1)", "m(1, 2)", "m(i=3)", "m(x=" + self.value(1) + ")", "m()", "m(1, 2, 3)", "m(1, q=2)", "m(*[1])", "m(**{'x': 4})"])
        inner = self.pick(["", "{{ x }}", "{{ i }}", "{{ varargs }}", "{{ caller() }}", "{{ m.name }}", "{{ x is defined }}"])
        text = self.tag("macro " + head) + inner + self.body(depth) + self.tag("endmacro")
        if self.chance(4):
            return text + self.tag(self.pick(["call ", "call(q) "]) + call) + "c" + self.tag("endcall")
        return text + "{{ " + call + self.pick(["", " | trim", " ~ 'z'", "|length"]) + " }}"

    # Expressions

    def value(self, depth):
        if depth == 0:
            return self.pick([self.text(0), self.number(0), self.pick(NAMES), self.pick(["true", "false", "none", "[]", "{}", "True", "None"])])
        kind = self.random.randrange(12)
        if kind < 4:
            return self.text(depth)
        if kind < 6:
            return self.number(depth)
        if kind < 8:
            return self.list_(depth)
        if kind == 8:
            return self.dict_(depth)
        if kind == 9:
            return self.condition(depth)
        if kind == 10:
            return self.pick(NAMES) + self.access(depth)
        return "(" + self.value(depth - 1) + " if " + self.value(depth - 1) + self.pick([" else " + self.value(depth - 1), ""]) + ")"

    def fill(self, pattern, depth):
        out = ""
        position = 0
        while position < len(pattern):
            if pattern[position] == "@":
                maker = {"T": self.text, "I": self.small, "J": self.nonzero, "L": self.list_, "V": self.value}[pattern[position + 1]]
                out += maker(max(0, depth - 2))
                position += 2
            else:
                out += pattern[position]
                position += 1
        return out

    def literal(self):
        text = self.pick(TEXTS)
        quote = self.pick(["'", '"'])
        return quote + text.replace("\\", "\\\\").replace(quote, "\\" + quote).replace("\n", self.pick(["\\n", "\n"])) + quote

    def text(self, depth):
        kind = self.random.randrange(9)
        if depth == 0 or kind < 2:
            return self.pick([self.literal(), "s", "u", "e"])
        inner = self.text(depth - 1)
        if kind < 4:
            return inner + "." + self.fill(self.pick(METHODS), depth)
        if kind < 6:
            return "(" + inner + "|" + self.fill(self.pick(FILTERS_TEXT), depth) + ")"
        if kind == 6:
            return "(" + inner + self.pick([" ~ ", " + "]) + self.pick([self.text(depth - 1), self.value(depth - 1)]) + ")"
        if kind == 7:
            return inner + self.slice_()
        return "(" + inner + self.pick([" * " + self.small(0), " % " + self.pick([self.value(depth - 1), "(1, 'a')", "{'a': 1}"])]) + ")"

    def slice_(self):
        return "[" + self.pick(["", self.small(0)]) + ":" + self.pick(["", self.small(0)]) + self.pick(["", "", ":" + self.pick(["1", "-1", "2", "-2", "0"])]) + "]"

    def small(self, depth=0):
        return self.pick(["0", "1", "2", "3", "5", "-1", "-2", "10"])

    def nonzero(self, depth=0):
        return self.pick(["1", "2", "3", "-2"])

    def number(self, depth):
        kind = self.random.randrange(7)
        if depth == 0 or kind < 2:
            return self.pick([self.small(), "2.5", "0.1", "-3.75", "1e3", "100000", "n", "f", "z", "1_000", "1e16", "0.00001", "123456"])
        inner = self.number(depth - 1)
        if kind < 5:
            operator = self.pick([" + ", " - ", " * ", " / ", " // ", " % "])
            return "(" + inner + operator + self.number(depth - 1) + ")"
        if kind == 5:
            return "(" + inner + "|" + self.fill(self.pick(FILTERS_NUMBER), depth) + ")"
        return self.pick([self.text(depth - 1) + "|length", "(-" + inner + ")", "(+" + inner + ")", self.list_(depth - 1) + "|sum", "(" + self.small() + " ** " + self.pick(["2", "0", "3", "-1"]) + ")"])

    def list_(self, depth):
        kind = self.random.randrange(8)
        if depth == 0 or kind < 2:
            return self.pick(["l", "w", "[]", "[1, 'a', none]", "[[1, 2], [3]]", "us", "(1, 2)", "(range(3)|list)", "[true, 1, 1.0]", "['b', 'B', 'a']"])
        if kind == 2:
            return "[" + ", ".join(self.value(depth - 1) for _ in range(self.random.randrange(4))) + self.pick(["", ""]) + "]"
        if kind == 3:
            return "(" + self.list_(depth - 1) + " + " + self.list_(depth - 1) + ")"
        if kind == 4:
            return self.list_(depth - 1) + self.slice_()
        if kind == 5:
            return "(us|" + self.fill(self.pick([
                "map(attribute='name')|list", "selectattr('age', 'gt', @I)|list", "selectattr('name')|list", "rejectattr('age', 'equalto', 3)|map(attribute='name')|list", "sort(attribute='age')|list",
                "groupby('age')|list", "map(attribute=@T, default=@V)|list", "sum(attribute='age')", "sort(attribute='name', reverse=true)|map(attribute='name')|join(', ')", "unique(attribute='age')|list", "max(attribute='age')",
                "join(', ', attribute='name')", "selectattr('age', 'in', @L)|list", "selectattr('nope', 'defined')|list", "groupby('nope', default='z')|list", "min(attribute='name')",
            ]), depth) + ")"
        if kind == 6:
            return "(" + self.list_(depth - 1) + "|" + self.fill(self.pick(FILTERS_LIST), depth) + ")"
        return self.pick([self.text(depth - 1) + ".split(" + self.pick(["", "','", "' '"]) + ")", self.text(depth - 1) + "|list", "d|list", "d.keys()|list", "d.values()|list", "d.items()|list", "range(" + self.small() + ", " + self.small() + ", " + self.nonzero() + ")|list"])

    def dict_(self, depth):
        kind = self.random.randrange(4)
        if depth == 0 or kind == 0:
            return self.pick(["d", "us[0]", "{}", "{'a': 1, 'b': [2]}", "{1: 'x', none: true}", "dict(a=1)"])
        if kind == 1:
            return "{" + ", ".join(self.pick(["'k'", "1", "'ä'", "true", "n"]) + ": " + self.value(depth - 1) for _ in range(self.random.randrange(3))) + "}"
        if kind == 2:
            return "(" + self.dict_(depth - 1) + "|" + self.fill(self.pick(FILTERS_DICT), depth) + ")"
        return self.dict_(depth - 1) + self.fill(self.pick([".get('a')", ".get(@T)", ".get(@T, @V)", "['a']", ".a", ".keys()|list", ".values()|list", ".items()|list", ".nope", "[@V]", ".copy()"]), depth)

    def access(self, depth):
        return self.fill(self.pick(["", "[@I]", "[@V]", ".a", ".name", ".x.y", "[0].name", "|length", "|default(@V)", "|tojson", "|string", "[-1]", "['a']", "|upper", "|first", "|list", ".0", "[:2]"]), depth)

    def condition(self, depth):
        left, right = self.value(depth - 1), self.value(depth - 1)
        kind = self.random.randrange(6)
        if kind == 0:
            return "(" + left + self.pick([" == ", " != ", " < ", " >= ", " <= ", " > "]) + right + ")"
        if kind == 1:
            return "(" + left + self.pick([" in ", " not in "]) + self.pick([self.list_(depth - 1), self.text(depth - 1), self.dict_(depth - 1)]) + ")"
        if kind == 2:
            return "(" + left + self.pick([" and ", " or "]) + right + ")"
        if kind == 3:
            return "(not " + left + ")"
        if kind == 4:
            return "(" + left + " is " + self.fill(self.pick(TESTS), depth) + ")"
        return "(" + self.small() + " < " + self.number(depth - 1) + self.pick([" < ", " <= ", " == "]) + right + ")"
