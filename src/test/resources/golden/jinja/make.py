"""Makes constructs.json and conversations.json: what Transformers renders, or that it fails.

Needs transformers and jinja2. Run it in this folder; templates/ has the templates.
"""

import json
import pathlib

from transformers.utils.chat_template_utils import render_jinja_template

DATA = {
    "s": "Hello World",
    "e": "",
    "u": "äß🦄x",
    "n": 7,
    "f": 2.5,
    "z": 0,
    "t": True,
    "nil": None,
    "l": [3, 1, 2],
    "w": ["b", "A", "c"],
    "d": {"b": 1, "a": "x", "items": 5},
    "us": [{"name": "Ann", "age": 3}, {"name": "Bob", "age": 2}, {"name": "cy", "age": 3}],
    "tree": [{"v": 1, "c": [{"v": 2, "c": []}, {"v": 3, "c": [{"v": 4, "c": []}]}]}],
}

EXPRESSIONS = r"""
1 + 2 * 3
7 // 2
-7 // 2
-7 % 3
7.5 % 2
7 / 2
6 / 3
2 ** 10
-2 ** 2
2 ** 3 ** 2
2 ** -1
1 / 0
1 // 0
1e16
1e15
1.5e-5
0.0001
100000.0
1e22 * 10
0.1 + 0.2
3.0
0x1F
0b101
1_000
1 + true
'a' + 1
'a' ~ 1 ~ none ~ true
'ab' * 3
3 * 'ab'
[1] * 3
[1] + [2, 'x']
(1, 2) + (3,)
()
(1,)
[1] + (2,)
'%s is %d and %.2f' % ('a', 3, 1.234)
'%5d|%-5d|%05d' % (1, 2, 3)
'%s' % none
'%(a)s' % {'a': 1}
'%s %s' % 'x'
'%%' % ()
'%x' % 255
'%r' % 'q'
s[0]
s[-1]
s[99]
s[1:4]
s[::-1]
s[::2]
s[-3:]
s[:-3]
s[8:2:-2]
u[2]
u[::-1]
u|length
l[::-1]
l[5:]
l[-2:]
l[::0]
l[9]
l.0
d.a
d['a']
d['items']
d.nope
d.nope.x
d['nope']['x']
nope
nope.x
nope[0]
nope()
nope + 1
nope ~ 'x'
nope|length
nope is defined
nope == nope2
not nope
nope or 'x'
nope < 1
-nope
nil.x
nil.x.y
'x' in nope
1 < 2 < 3
1 < 3 < 2
1 < 2 > 1
1 == 1.0
1 == true
'1' == 1
'a' < 'b'
'a' < 1
[1, 2] < [1, 3]
none == false
none < 1
not 1 == 2
1 in l
4 not in l
'lo' in s
1 in 'a1'
'a' in d
'a' in d.keys()
5 in d.values()
[] or {} or 0 or 'last'
'a' and 'b'
'' and 'b'
0 or none
'x' if z else 'y'
'x' if z
1 if t else 2 if z else 3
t
nil
[t, nil, 1.0, 'a\'b"c', "it's"]
{'a': [1, (2,)], 1: none}
'a\nb\t\\'|list
['a\nb\x00é\u2028']
"\u2581\x41\101"
'a' 'b' "c"
'\q'
s.upper()
s.lower()
s.title()
"it's a dog-house x2y".title()
s.capitalize()
s.swapcase()
s.split()
s.split('o')
s.split('o', 1)
s.split('')
'  a  b '.split()
'  a  b c '.split(none, 1)
'a,b,,c'.split(',')
'a,b,c'.rsplit(',', 1)
' a b  c '.rsplit(maxsplit=1)
'a\nb\r\nc\n'.splitlines()
'a\nb'.splitlines(true)
'a=b=c'.partition('=')
'a=b=c'.rpartition('=')
'abc'.partition('x')
'  x '.strip()
'xxaxx'.strip('x')
'xyaxy'.lstrip('yx')
'abc\n\n'.rstrip('\n')
'\u00a0\u3000a\u2028'.strip() == 'a'
'\x01a'.strip()|length
s.startswith('He')
s.startswith(('x', 'H'))
s.startswith('lo', 3)
s.endswith('ld')
s.endswith(1)
s.find('o')
s.find('o', 5)
s.find('zz')
u.find('x')
s.rfind('o')
s.index('zz')
s.count('o')
'aaa'.count('')
s.replace('o', '0')
s.replace('o', '0', 1)
'abc'.replace('', '-')
'abc'.replace('', '-', 2)
'-'.join(w)
'-'.join(l)
'abc'.isalpha()
''.isalpha()
'12'.isdigit()
'1a'.isalnum()
' '.isspace()
'AB'.isupper()
'7'.zfill(3)
'-7'.zfill(4)
'a'.center(6, '*')
'ab'.center(5)
'abc'.center(6, '*')
'a'.ljust(3, '.')
'a'.rjust(3)
'prefix-x'.removeprefix('prefix-')
'x.txt'.removesuffix('.txt')
'{} {1}'.format(1, 2)
'{} and {}'.format('a', 2)
'{0}{1}{0}'.format('a', 'b')
'{n:>5}|{n:<5}|{n:^5}'.format(n=12)
'{:.2f} {:05d} {:,}'.format(1.005, 42, 1234567)
'{{}}'.format()
'{a[b]} {a[0]}'.format(a={'b': 1})
'{!r}'.format('x')
'{:%}'.format(0.25)
s.nope()
s.__class__
d.keys()
d.values()|list
d.items()|list
d.get('a')
d.get('q')
d.get('q', 'dflt')
d.update({'x': 1})
l.append(4)
l.index(2)
l.index(9)
l.count(1)
l.copy()
l.pop()
range(4)
range(4)|list
range(2, 10, 3)|list
range(5, 0, -2)|list
range(3)[1]
range(200000)|length
dict(a=1, b='x')
dict([('a', 1)])
namespace(a=1).a
namespace(_a=1)
l|first
[]|first
[]|first is defined
l|last
l|length
5|length
l|sort
l|sort(reverse=true)
w|sort
w|sort(case_sensitive=true)
us|sort(attribute='age')|map(attribute='name')|list
us|sort(attribute='age,name')|map(attribute='name')|join(',')
l|join
l|join('-')
us|join(', ', attribute='name')
l|reverse|list
s|reverse
l|sum
us|sum(attribute='age')
l|min
l|max
[]|max
w|min
[1, 2, 1, 3, 2]|unique|list
['a', 'A', 'b']|unique|list
l|map('string')|list
w|map('upper')|list
us|map(attribute='name')|list
us|map(attribute='nope', default='-')|list
us|selectattr('age', 'equalto', 3)|map(attribute='name')|list
us|rejectattr('age', 'gt', 2)|list
us|selectattr('nope')|list
l|select('odd')|list
l|reject('even')|list
[0, 1, '', 'a', none]|select|list
l|select('in', [1, 2])|list
us|groupby('age')
[1, 2, 3, 4, 5]|batch(2)|list
[1, 2, 3]|batch(2, 'x')|list
[1, 2, 3, 4, 5]|slice(2)|list
[1, 2, 3, 4, 5]|slice(3, 'x')|list
{'b': 1, 'A': 2}|dictsort
{'b': 1, 'a': 2}|dictsort(by='value')
d|items|list
d|list
nope|list
s|list
nope|default('x')
''|default('x')
''|default('x', true)
none|default('x')
none|d('x', boolean=true)
'3'|int
'3.7'|int
'x'|int
'x'|int(5)
'0x1f'|int(base=16)
3.9|int
none|int
nope|int
'3.5'|float
'x'|float
-3|abs
2.5|round
2.567|round(2)
2.1|round(method='ceil')
2.9|round(0, 'floor')
7|round
s|upper
s|lower
s|title
'a-b (c)'|title
'hELLO'|capitalize
'  x '|trim
'xxaxx'|trim('x')
5|string
s|replace('o', '0')
s|replace('o', '0', 1)
'a\nb\n\nc'|indent
'a\nb'|indent(2, true)
'a\n\nb'|indent(2, blank=true)
'a\nb'|indent('> ')
'foo bar baz qux'|truncate(9)
'foo bar baz qux'|truncate(11)
'foo bar baz qux'|truncate(9, true)
'foo bar baz qux'|truncate(9, end='!', leeway=0)
'foo'|center(7)
'a b  c'|wordcount
'<b>&"\''|escape
'<b>'|safe
'<p>a  b</p>'|striptags
'a b/ü'|urlencode
'%s-%s'|format(1, 'b')
d|tojson
[1, 2.5, none, true, 'ä"\n/<>&\'']|tojson
{'a': [1, {'b': []}], 'c': {}}|tojson(indent=2)
{'b': 1, 'a': 2}|tojson(sort_keys=true)
{'a': 1, 'b': [1, 2]}|tojson(separators=(',', ':'))
'ü🦄'|tojson(ensure_ascii=true)
{1: 2, none: 3, false: 4}|tojson
(1, 2)|tojson
nope|tojson
1e20|tojson
'\x1f\x7f\b\f'|tojson
s|nope
s is nope
s is string
l is string
d is mapping
l is sequence
s is sequence
d is iterable
5 is iterable
5 is number
true is number
true is integer
true is boolean
1.0 is float
1 is integer
none is none
nope is none
nope is undefined
3 is odd
4 is even
9 is divisibleby 3
9 is divisibleby(2)
1 is eq 1
1 is sameas true
true is sameas true
1 is in [1, 2]
'ab' is lower
'AB' is upper
1 is not none
not 1 is none
s is defined and s is string
range is callable
s is callable
1 is true
true is true
5 is gt 3
5 is lt(3)
'upper' is filter
'odd' is test
(1, 2)|list
{'a': 1}.a
[1, 2, 3][1:]|length
s|length > 3
s|upper|lower ~ '!'
-l|first
-5|abs
(-5)|abs
(1 if t else 2) + 1
[x for x in l]
(5 ** 3) // 0.1
1 % -1003.75
-997.5 * 0.0
(0.1)|round(1, 'ceil')
(-0.0)|round(1)
nil|selectattr('x')|list
nil|map('upper')|list
nil[:2]
d[:2]
l|slice(-2)|list
l|indent
s|truncate(2)
d|urlencode
'a b/ü'|urlencode
u.swapcase()
'straße'.swapcase()
''.find('', 3)
'abc'.startswith('', 5)
u.replace('', '7', 5)
'a\tb\n\tc'.expandtabs(4)
s.isidentifier()
true is test
d is test
'ß' % nope
'<b>'|safe + '<i>'
'<i>' + '<b>'|safe
1 +
a b
lambda
1 is
(1
1)
'abc
{% if %}
us[0].name[0]|upper
[[1, 2], [3]]|map('length')|list
[3, 1]|sort|first
[[3, 'a'], [1, 'b']]|sort
l == [3, 1, 2]
(1, 2) == [1, 2]
{'a': 1} == {'a': 1.0}
1 != 2
'é' > 'z'
""
'' is none
loop
caller
cycler('a', 'b').next()
joiner('|')()
strftime_now('%Y') is string
strftime_now(1)
raise_exception('no')
u.upper()
'ǆ'.title()
'ß'.upper()
9223372036854775807
1.0 // 0.3
5 % -3
-5.5 // 2
true + true
'a' < 'B'
d|length
us|map(attribute='name')|first
us|map(attribute='name')|last
us[0]|attr('name')
us|selectattr('name', 'in', ['Ann', 'cy'])|list|length
'%s' % [1, 2]
'%s %s' % [1, 2]
'%d' % 'x'
'%5.1f|' % 3.14159
{'a': 1}|string
[1, 2]|string|length
{'a'}
{'a': 1, 'a': 2}
{[1]: 2}
""".strip().split("\n")

TEMPLATES = [
    "{% for x in l %}{{ x }}{% if not loop.last %},{% endif %}{% endfor %}",
    "{% for x in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.length }}{{ loop.depth }};{% endfor %}",
    "{% for x in l %}{{ loop.previtem }}<{{ x }}>{{ loop.nextitem }} {% endfor %}",
    "{% for x in l %}{{ loop.previtem is defined }}{{ loop.previtem.x }}{% endfor %}",
    "{% for x in [1,1,2] %}{{ loop.changed(x) }} {% endfor %}",
    "{% for x in l %}{{ loop.cycle('a', 'b') }}{% endfor %}",
    "{% for x in l if x > 1 %}{{ loop.index }}:{{ x }} {% else %}none{% endfor %}",
    "{% for x in l if x > 9 %}{{ x }}{% else %}none{% endfor %}",
    "{% for x in nope %}{{ x }}{% else %}none{% endfor %}",
    "{% for x in 5 %}{% endfor %}",
    "{% for x in none %}{% endfor %}",
    "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}",
    "{% for k, v in d|dictsort %}{{ k }}={{ v }};{% endfor %}",
    "{% for a, b in [(1, 2, 3)] %}{{ a }}{% endfor %}",
    "{% for (a, b), c in [((1, 2), 3)] %}{{ a }}{{ b }}{{ c }}{% endfor %}",
    "{% for k in d %}{{ k }}{% endfor %}",
    "{% for c in u %}[{{ c }}]{% endfor %}",
    "{% for x in l %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% endfor %}",
    "{% for x in l %}{% if x == 1 %}{% break %}{% endif %}{{ x }}{% else %}E{% endfor %}",
    "{% break %}",
    "{% for x in tree recursive %}{{ x.v }}@{{ loop.depth0 }}{% if x.c %}({{ loop(x.c) }}){% endif %}{% endfor %}",
    "{% for x in l %}{{ loop(l) }}{% endfor %}",
    "{% for x in l %}{% for y in l %}{{ loop.index }}{% endfor %}{{ loop.index }}|{% endfor %}",
    "{% for x in l %}{% set outer = loop %}{% for y in [1] %}{{ outer.index }}{% endfor %}{% endfor %}",
    "{% set x = 1 %}{% for y in l %}{% set x = x + y %}{{ x }} {% endfor %}{{ x }}",
    "{% set ns = namespace(x=0) %}{% for y in l %}{% set ns.x = ns.x + y %}{% endfor %}{{ ns.x }}",
    "{% set x = 1 %}{% if true %}{% set x = 2 %}{% endif %}{{ x }}",
    "{% set d.a = 2 %}",
    "{% set ns = namespace() %}{% set ns._x = 1 %}",
    "{% set ns = namespace({'a': 1}, b=2) %}{{ ns.a }}{{ ns.b }}{{ ns.c }}{{ ns['a'] }}",
    "{% set a, b = 1, 2 %}{{ a }}{{ b }}",
    "{% set a, b = [1] %}",
    "{% set x = 1, 2 %}{{ x }}",
    "{% set x %}a{{ n }}b{% endset %}{{ x }}{{ x|length }}",
    "{% set x | upper %}abc{% endset %}{{ x }}",
    "{% set x | replace('b', 'c') | upper %}abc{% endset %}{{ x }}",
    "{% set true = 1 %}",
    "{% set x = y %}{{ x is defined }}",
    "{% filter upper %}a{{ s }}{% endfilter %}",
    "{% filter replace('a', 'b')|upper %}aa{% endfilter %}",
    "{% with a = 1, b = 2 %}{{ a }}{{ b }}{% endwith %}{{ a }}",
    "{% set a = 1 %}{% with a = 2, b = a %}{{ a }}{{ b }}{% endwith %}",
    "{% if 0 %}a{% elif '' %}b{% elif [0] %}c{% else %}d{% endif %}",
    "{% if none %}a{% elif {} %}b{% else %}d{% endif %}",
    "{% if 0.0 %}a{% else %}b{% endif %}",
    "{% if range(0) %}a{% else %}b{% endif %}",
    "{% if []|map('upper') %}a{% else %}b{% endif %}",
    "{% if t: %}a{% endif %}",
    "{% macro m(a, b=2) %}[{{ a }}{{ b }}]{% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(b=4, a=5) }}{{ m() }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(x=2) }}",
    "{% macro m(a) %}{{ a }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, 3, x=4) }}",
    "{% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}",
    "{% macro m() %}<{{ caller() }}>{% endmacro %}{% call m() %}x{{ n }}{% endcall %}",
    "{% macro m() %}{% for x in l %}<{{ caller(x) }}>{% endfor %}{% endmacro %}{% call(y) m() %}y{{ y }}{% endcall %}",
    "{% macro m() %}a{% endmacro %}{% call m() %}x{% endcall %}",
    "{% macro m() %}{{ caller is defined }}{% endmacro %}{{ m() }}",
    "{% macro m() %}{{ q }}{% endmacro %}{% set q = 5 %}{{ m() }}",
    "{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}",
    "{% macro m(x) %}{% set y = x %}{{ y }}{% endmacro %}{{ m(1) }}{{ y }}",
    "{% macro m() %}a{% endmacro %}{{ m()|upper }}{{ m.name }}{{ m is callable }}",
    "{% macro m(a, b) %}{{ a }}-{{ b }}{% endmacro %}{{ m(*[1, 2]) }}{{ m(**{'a': 1, 'b': 3}) }}",
    "{% macro m(a=1, b) %}{% endmacro %}",
    "{% for x in l %}{% macro m() %}{{ x }}{% endmacro %}{{ m() }}{% endfor %}",
    "{% for x in l %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}",
    "{% block b %}x{{ n }}{% endblock %}",
    "{% raw %}{{ x }}{% y %}{% endraw %}",
    "a {%- raw -%} {{ x }} {%- endraw -%} b",
    "{% raw %}\n x{% endraw %}\ny",
    "{% generation %}a{{ n }}{% endgeneration %}",
    "{% generation %}{% set q = 1 %}{% endgeneration %}{{ q }}",
    "a{# c #}b",
    "a\n  {# c #}\nb",
    "a {#- c -#} b",
    "a\n{#+ c +#}\nb",
    "{# open",
    "{{ 1",
    "{% if t %}a",
    "{% endif %}",
    "{% nope %}",
    "{% if t %}{% for x in l %}{% endif %}{% endfor %}",
    "{{ }}",
    "{{ 'a' if }}",
    "  {% if t %}\n  a\n  {% endif %}\nb",
    "x  {% if t %}\n  a\n  {% endif %}  \nb",
    "  {%+ if t %}\n  a\n  {%+ endif +%}\nb",
    "a \n\n {%- if t -%} \n\n b \n {%- endif %} c",
    "a  {{- n -}}  b",
    "a\n  {{ n }}\nb",
    "  {{ n }}  \n",
    "a\n\n{% set x = 1 %}\n\nb",
    "{% set x = 1 %}   \n{{ x }}",
    "a\n",
    "a\n\n",
    "a\r\nb\rc\r\n",
    "{% if t %}\r\nx\r\n{% endif %}\r\n",
    "\n{% if t %}\n\nx{% endif %}",
    "{{ 'a\r\nb' }}",
    "\t{% if t %}x{% endif %}",
    "\u00a0{% if t %}x{% endif %}",
    "{{ {'a': {'b': 1}}.a.b }}{{ {'a': 1}['a'] }}",
    "{{ '}}' }}{{ \"%}\" }}",
    "{% print 1, 2 %}",
    "{% set _x = 1 %}{{ _x }}",
    "{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}",
    "{% set j = joiner(',') %}{{ j() }}{{ j() }}",
    "{% set g = l|map('string') %}{{ g|list }}{{ g|list }}",
    "{% set g = l|select %}{% for x in g %}{{ x }}{% endfor %}{% for x in g %}{{ x }}{% endfor %}",
    "{% for x in l|map('string') %}{{ x }}{{ loop.last }}{% endfor %}",
    "{% for g in us|groupby('age') %}{{ g.grouper }}:{{ g.list|map(attribute='name')|join('+') }};{% endfor %}",
    "{% for a, us2 in us|groupby('age') %}{{ a }}:{{ us2|length }};{% endfor %}",
    "{{ loop is defined }}{% for x in [1] %}{{ loop is defined }}{% endfor %}",
    "{% for x in l %}{{ x }}{% endfor %}{{ x is defined }}",
    "{% for item in us %}{{ item.name }}{{ item['age'] }}{% if item.nope is not defined %}-{% endif %}{% endfor %}",
    "{{ messages[0]['role'] }}{{ messages|length }}{{ tools }}{{ documents }}{{ add_generation_prompt }}",
    "{{ raise_exception('a' ~ 1) }}",
    "{% include 'x' %}",
    "{% import 'x' as y %}",
    "{% extends 'x' %}",
    "{% set x = {'a': 1} %}{% set x = dict(x, b=2) %}{{ x }}",
    "{% if 'a' is in ['a'] and not (1 is none) %}y{% endif %}",
    "{% if messages[0].role == 'user' and messages[0].content is string %}{{ messages[0].content|trim }}{% endif %}",
    "{% set x = none %}{{ x is none }}{{ x or 'd' }}",
    "{{ (l|length - 1) }}{{ l|length-1 }}",
    "{% set x = [] %}{% set x = x + [1] %}{% set x = x + [2] %}{{ x }}",
    "{% set ns = namespace(l=[]) %}{% for x in l %}{% set ns.l = ns.l + [x * 2] %}{% endfor %}{{ ns.l }}",
    "{%- for x in l -%}\n  {{ x }}\n{%- endfor -%}\n",
    "{{ 'a\\\nb' }}",
    "{{ [1,2,3,] }}{{ {'a':1,} }}{{ m(1,) if false else 2 }}",
    "{{ l[1:2, 0] }}",
    "{{ l[:2] }}{{ l[:] }}{{ l[-1:] }}",
    "{% set x = 'a' %}{% macro m(x) %}{{ x }}{% endmacro %}{{ m('b') }}{{ x }}",
    "{{ {1: 'a', 1.0: 'b', true: 'c'} }}",
    "{{ {1: 'a'}[1.0] }}{{ {true: 'b'}[1] }}{{ {0: 'c'}.get(false) }}",
    "{{ {1: 'a'} == {1.0: 'a'} }}{{ 1.0 in {true: 2} }}{{ {1.5: 'x'}.get(1) }}",
    "{{ [1, 1.0, true, 2] | unique | list }}",
    "{{ dict([[1, 'a'], [true, 'b']]) }}",
    "{{ {(1, 2): 'a'}[(1.0, 2)] }}",
    "{{ {-0.0: 'z'}[0] }}",
    "{{ {1: 1, true: 2} | length }}",
]

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "The weather's \"now\" <in> a città",
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string", "description": "Its name"},
                    "days": {"type": "integer", "default": 1.0},
                },
                "required": ["city"],
            },
        },
    }
]
CALLS = [
    {"type": "function", "id": "abcdefghi", "function": {"name": "weather", "arguments": {"city": "Zürich", "days": 2}}}
]
CONVERSATIONS = {
    "plain": {"messages": [{"role": "user", "content": "Hi"}]},
    "system": {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]},
    "turns": {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "One"},
            {"role": "assistant", "content": "<think>\nhm\n</think>\n\nTwo"},
            {"role": "user", "content": "Three"},
            {"role": "assistant", "content": "Four"},
            {"role": "user", "content": "Five"},
        ]
    },
    "no prompt": {
        "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}],
        "add_generation_prompt": False,
    },
    "tools": {
        "messages": [{"role": "user", "content": "Sun?"}],
        "tools": TOOLS,
    },
    "calls": {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Sun?"},
            {"role": "assistant", "content": "", "tool_calls": CALLS},
            {"role": "tool", "name": "weather", "tool_call_id": "abcdefghi", "content": "{\"sun\": true}"},
            {"role": "assistant", "content": "Yes."},
            {"role": "user", "content": "Thanks"},
        ],
        "tools": TOOLS,
    },
    "white space": {
        "messages": [
            {"role": "system", "content": "  \n"},
            {"role": "user", "content": "\n\t Hi \u00a0\u3000\r\n {{ x }} {% raw %} \\n <b>&amp;</b>\n\n"},
            {"role": "assistant", "content": ""},
            {"role": "user", "content": " "},
        ]
    },
    "two users": {"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]},
    "false": {"messages": [{"role": "user", "content": "false"}]},
}


def render(template, **more):
    try:
        texts, _ = render_jinja_template(chat_template=template, **more)
        return {"text": texts[0]}
    except Exception as error:
        return {"error": type(error).__name__}


def write(name, rows):
    lines = ",\n".join(json.dumps(row, ensure_ascii=True) for row in rows)
    pathlib.Path(name).write_text("[\n" + lines + "\n]\n")


def main():
    messages = [{"role": "user", "content": " Hi "}]
    sources = ["{{ " + line + " }}" for line in EXPRESSIONS] + TEMPLATES
    rows = []
    for source in sources:
        rows.append({"template": source, **render(source, conversations=[messages], **DATA)})
    pathlib.Path("data.json").write_text(json.dumps(DATA, ensure_ascii=True, indent=1) + "\n")
    write("constructs.json", rows)
    rows = []
    for path in sorted(pathlib.Path("templates").glob("*.jinja")):
        for name, conversation in CONVERSATIONS.items():
            arguments = {
                "add_generation_prompt": True,
                "bos_token": "<s>",
                "eos_token": "</s>",
                **conversation,
            }
            given = {**conversation}
            arguments["conversations"] = [arguments.pop("messages")]
            rows.append({"file": path.name, "name": name, **given, **render(path.read_text(), **arguments)})
    write("conversations.json", rows)


if __name__ == "__main__":
    main()
