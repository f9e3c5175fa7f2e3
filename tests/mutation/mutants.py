# SPDX-License-Identifier: BSD-3-Clause
"""Where C can be broken so that one check is wrong.

A file is rewritten so that it holds all its mutants at once, each asleep:

    (MUTANT(7) ? ((a), 0) : (a))

Compiled once, a program is one mutant or none by a number that it is given.
Only the house style is understood: a function's body is what stands between a
brace at the start of a line and the next one.
"""
import re

TOKEN = re.compile(r"""
    (?P<space>\s+|/\*.*?\*/|\\\n|\#(?:/\*.*?\*/|\\\n|[^\n])*)
  | (?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
  | (?P<name>[A-Za-z_]\w*)
  | (?P<number>0[xX][0-9a-fA-F]+[uUlL]*|\d+[uUlL]*)
  | (?P<op>->|\+\+|--|<<=|>>=|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|.)
""", re.X | re.S)

OPEN, CLOSE = "([{", ")]}"
# One step over the edge, and off by one.
EDGES = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
COMPARISONS = {"<", "<=", ">", ">=", "==", "!="}
FAULTS = {"gp0", "ud", "pf", "encls_pf", "epcm_fault", "epcm_pf"}
NO_CODE = 511


# Of statements, those that change something: f(); a->b = c; a[i]++.
ASSIGNMENT = re.compile(r"[-+*/%&|^]?=|<<=|>>=")
NO_CALL = {"while", "switch", "sizeof", "goto", "__builtin_longjmp"}

# A branch that refuses: it returns an error, or hands one on.
REFUSAL = re.compile(r"""\breturn\b[^;]*
    (?:-E[A-Z]|-1\b|refuse\(|\bgp0\(|\bud\(|pf\(|epcm_fault\(|\bfalse\b|\bret\b|
       \bNULL\b|SIGBUS|bad_area|do_sigbus|_return\(|_return_cf\(|
       \bSGX_[A-Z_]+\s*;)|=\s*-E[A-Z]""", re.X)


class Mutant:
    """What is broken, and where; `check`: is it a check that is broken?"""

    def __init__(self, number, path, line, function, what, check):
        self.number, self.path, self.line = number, path, line
        self.function, self.what, self.check = function, what, check

    def key(self):
        """Names it for as long as its function's text stays."""
        return f"{self.path}: {self.function}: {self.what}"

    def __str__(self):
        return f"{self.path}:{self.line}: {self.function}: {self.what}"


def tokens_of(text):
    """(kind, text, line); preprocessor lines are space."""
    line = 1
    out = []
    for match in TOKEN.finditer(text):
        out.append((match.lastgroup, match.group(), line))
        line += match.group().count("\n")
    return out


def plain(tokens):
    """As one line, for people."""
    text = "".join(" " if kind == "space" else token
                   for kind, token, _ in tokens)
    return re.sub(r"\s+", " ", text).strip()


def source(tokens):
    return "".join(token for _, token, _ in tokens)


def closing(tokens, start):
    """Index of the bracket that closes the one at start."""
    depth = 0
    for i in range(start, len(tokens)):
        if tokens[i][1] in OPEN:
            depth += 1
        elif tokens[i][1] in CLOSE:
            depth -= 1
            if not depth:
                return i
    raise ValueError("unbalanced brackets")


def split(tokens, operator):
    """The operands of a binary operator outside all brackets."""
    parts, depth = [[]], 0
    for token in tokens:
        if token[1] in OPEN:
            depth += 1
        elif token[1] in CLOSE:
            depth -= 1
        if token[1] == operator and not depth:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def strip(tokens):
    """Without space and without brackets around everything."""
    while tokens and tokens[0][0] == "space":
        tokens = tokens[1:]
    while tokens and tokens[-1][0] == "space":
        tokens = tokens[:-1]
    if len(tokens) > 2 and tokens[0][1] == "(" and \
       closing(tokens, 0) == len(tokens) - 1:
        return strip(tokens[1:-1])
    return tokens


def place_end(tokens):
    """The index after a->b[i].c, with which a statement begins."""
    i = 1
    while i < len(tokens):
        if tokens[i][1] in ("->", "."):
            i += 2
        elif tokens[i][1] == "[":
            i = closing(tokens, i) + 1
        else:
            break
    return i


def has_effect(tokens):
    """Is it a call, or does it store to what others may see?"""
    stars = 0
    while tokens[stars][1] in ("*", "++", "--"):
        stars += 1
    first = tokens[stars]
    if first[0] != "name" or first[1] in NO_CALL:
        return False
    end = stars + place_end(tokens[stars:])
    if end == len(tokens):
        return stars > 0
    operator = tokens[end][1]
    if operator == "(":
        return closing(tokens, end) == len(tokens) - 1
    if operator == " ":
        operator = tokens[end + 1][1]
    if ASSIGNMENT.fullmatch(operator):
        return stars > 0 or end > 1
    return operator in ("++", "--")


class Rewriter:
    """
    One file's mutants; numbers go on from `first`.  With `effects` also those
    that leave a statement out, or end a loop.
    """

    def __init__(self, path, text, codes, first, effects=False):
        self.path, self.codes, self.effects = path, codes, effects
        self.tokens = tokens_of(text)
        self.next = first
        self.mutants = []
        self.function = ""
        self.boolean = False
        self.check = False	# the condition at hand decides on an error
        self.asked = set()	# functions that such conditions call

    def mutant(self, tokens, what, changed, otherwise):
        mutant = Mutant(self.next, self.path, tokens[0][2], self.function,
                        what, self.check)
        self.mutants.append(mutant)
        self.next += 1
        return f"(MUTANT({mutant.number}) ? ({changed}) : ({otherwise}))"

    def constant(self, tokens, value, otherwise):
        """The expression is evaluated, and its value is another."""
        word = "never" if value == 0 else "always"
        return self.mutant(tokens, f"{word}: {plain(tokens)}",
                           f"((void)({source(tokens)}), {value})", otherwise)

    def comparison(self, tokens):
        """Edges and numbers of `a < b`; what stands inside a or b."""
        depth, at = 0, None
        for i, (_, token, _) in enumerate(tokens):
            depth += (token in OPEN) - (token in CLOSE)
            if not depth and token in COMPARISONS:
                at = i
        inner = self.expression(tokens)
        if at is None:
            return inner
        before, after = source(tokens[:at]), source(tokens[at + 1:])
        operator = tokens[at][1]
        if operator in EDGES:
            other = EDGES[operator]
            inner = self.mutant(tokens, f"{other} instead: {plain(tokens)}",
                                f"{before} {other} {after}", inner)
        right = strip(tokens[at + 1:])
        if len(right) == 1 and right[0][0] == "number":
            inner = self.mutant(tokens, f"number + 1: {plain(tokens)}",
                                f"{before} {operator} ({after} + 1)", inner)
        return inner

    def condition(self, tokens, top=True):
        """A boolean expression: each operand alone, then the whole."""
        tokens = strip(tokens)
        for operator, neutral in (("||", 0), ("&&", 1)):
            parts = split(tokens, operator)
            if len(parts) < 2 or len(split(tokens, "?")) > 1:
                continue
            out = []
            for part in parts:
                part = strip(part)
                inner = self.condition(part, False)
                out.append(self.constant(part, neutral, f"!!({inner})"))
            return f" {operator} ".join(out)
        inner = self.comparison(tokens)
        if not top or plain(tokens) in ("true", "false"):
            return inner
        inner = self.constant(tokens, 0, f"!!({inner})")
        return self.constant(tokens, 1, f"!!({inner})")

    def expression(self, tokens):
        """Codes, errnos and faults wherever they stand."""
        out, i = [], 0
        while i < len(tokens):
            kind, token, _ = tokens[i]
            follows = tokens[i + 1][1] if i + 1 < len(tokens) else ""
            if token == "-" and re.fullmatch(r"E[A-Z]+\d*", follows):
                pair = tokens[i:i + 2]
                out.append(self.value(pair, f"another errno: -{follows}",
                                      "-EXDEV", f"-{follows}"))
                i += 2
            elif kind == "name" and token in self.codes:
                out.append(self.value(tokens[i:i + 1],
                                      f"another code: {token}",
                                      str(NO_CODE), token))
                i += 1
            elif kind == "name" and token in FAULTS and follows == "(":
                end = closing(tokens, i + 1) + 1
                out.append(self.fault(tokens[i:end]))
                i = end
            else:
                out.append(token)
                i += 1
        return "".join(out)

    def value(self, *mutant):
        """What a check gives is a part of it."""
        was, self.check = self.check, True
        out = self.mutant(*mutant)
        self.check = was
        return out

    def fault(self, call):
        text, lp = source(call), split(call[2:-1], ",")[0]
        other = "ud" if call[0][1] == "gp0" else "gp0"
        out = self.value(call, f"{other} instead: {plain(call)}",
                         f"{other}({source(lp)})", text)
        if call[0][1] not in ("pf", "epcm_pf"):
            return out
        arguments = [source(part) for part in split(call[2:-1], ",")]
        return self.value(call, f"no bits: {plain(call)}",
                          f"pf({arguments[0]},{arguments[1]}, 0)", out)

    def branch(self, i):
        """The text of the statement that begins after token i."""
        while self.tokens[i][0] == "space":
            i += 1
        end = i
        if self.tokens[i][1] == "{":
            end = closing(self.tokens, i)
        while self.tokens[end][1] not in (";", "}"):
            end += 1
        return source(self.tokens[i:end + 1])

    def statement(self, i):
        """A mutable piece that begins at token i: (text, index after it)."""
        token = self.tokens[i][1]
        if token == "if":
            j = i + 1
            while self.tokens[j][0] == "space":
                j += 1
            end = closing(self.tokens, j)
            self.check = bool(REFUSAL.search(self.branch(end + 1)))
            text = f"if ({self.condition(self.tokens[j + 1:end])})"
            self.check = False
            return text, end + 1
        if token == "while" and self.effects:
            j = i + 1
            while self.tokens[j][0] == "space":
                j += 1
            end = closing(self.tokens, j)
            value = self.tokens[j + 1:end]
            inner = self.condition(value, False)
            text = self.constant(value, 0, f"!!({inner})")
            return f"while ({text})", end + 1
        if token == "for":
            end = closing(self.tokens, i + 2) + 1
            return self.expression(self.tokens[i:end]), end
        if token in ("else", "do"):
            return token, i + 1
        if token in ("case", "static"):
            # Constant expressions.
            end = i
            while self.tokens[end][1] not in (":", ";"):
                end += 1
            return source(self.tokens[i:end]), end
        if token == "return":
            end = i
            while self.tokens[end][1] != ";":
                end += 1
            value = self.tokens[i + 1:end]
            if self.boolean and strip(value):
                self.check = self.function in self.asked
                text = f"return {self.condition(value)}"
                self.check = False
                return text, end
            return f"return {self.expression(value)}", end
        return None, i

    def effect(self, tokens, end):
        """A statement, or a part of one, which ends before token `end`."""
        text = self.expression(tokens)
        if not self.effects or self.tokens[end][1] != ";" or \
                not has_effect(tokens):
            return text
        mutant = Mutant(self.next, self.path, tokens[0][2], self.function,
                        f"left out: {plain(tokens)}", self.check)
        self.mutants.append(mutant)
        self.next += 1
        return f"(MUTANT({mutant.number}) ? (void)0 : (void)({text}))"

    def body(self, i):
        """From the brace that opens a function to the one that ends it."""
        end = closing(self.tokens, i)
        out = []
        while i < end:
            text, after = None, i
            if self.tokens[i][0] == "name":
                text, after = self.statement(i)
            if text is None and self.tokens[i][0] != "space":
                j = i
                while j < end and self.tokens[j][1] not in ";{}" and not (
                        j > i and self.tokens[j][1] in ("if", "return",
                                                        "case", "static")):
                    j += 1
                if j > i:
                    text, after = self.effect(self.tokens[i:j], j), j
            if text is None:
                text, after = self.tokens[i][1], i + 1
            out.append(text)
            i = after
        return "".join(out), end

    def find_asked(self):
        """The functions that decide on an error, also by way of others."""
        for i, (kind, token, _) in enumerate(self.tokens):
            if kind == "name" and token == "if":
                j = i + 1
                while self.tokens[j][0] == "space":
                    j += 1
                end = closing(self.tokens, j)
                if REFUSAL.search(self.branch(end + 1)):
                    self.asked |= {name for _, name, _ in
                                   self.tokens[j:end]}

    def rewrite(self):
        """The text with all mutants."""
        self.find_asked()
        out, i = [], 0
        begin = 0		# of the declaration before a body
        while i < len(self.tokens):
            kind, token, _ = self.tokens[i]
            at_start = i and self.tokens[i - 1][1].endswith("\n")
            if token == "{" and at_start:
                self.begin_function(self.tokens[begin:i])
                text, i = self.body(i)
                out.append(text)
                continue
            if token in (";", "}"):
                begin = i + 1
            out.append(token)
            i += 1
        return "".join(out)

    def begin_function(self, declaration):
        names = [token for kind, token, _ in declaration if kind != "space"]
        paren = names.index("(")
        while names[paren - 1] == "__attribute__" or not re.match(
                r"\w", names[paren - 1]):
            paren = names.index("(", paren + 1)
        self.function = names[paren - 1]
        self.boolean = "bool" in names[:paren]
