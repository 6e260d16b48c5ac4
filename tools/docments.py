"""Lets the site show what stands beside each parameter: comments in a signature become documented parameters."""
import re

import griffe

PARAMETER = re.compile(r'^\s+\*{0,2}(\w+)\b[^#\n]*# (.+)$', re.M)
RESULT = re.compile(r'^\)(?: -> ([^#\n]+?))?:\s*# (.+)$|^def [^\n]*\) -> ([^#\n]+?):\s*# (.+)$', re.M)


class Docments(griffe.Extension):
    "Reads comments of parameters, fields and results from the source."

    def head(self, source):
        "The signature of a function, or the fields of a class: what stands before the first method or the docstring."
        return re.split(r'^\s+"', source, maxsplit=1, flags=re.M)[0]

    def add(self, thing, sections):
        text = thing.docstring.value if thing.docstring else ''
        for title, rows in sections.items():
            if rows:
                lines = '\n'.join(f'{name}\n    {words}' for name, words in rows)
                text += f'\n\n{title}\n{"-"*len(title)}\n{lines}'
        thing.docstring = griffe.Docstring(text.strip(), parent=thing, parser='numpy')

    def on_function_instance(self, *, func, **rest):
        source = '\n'.join(func.lines)
        head = self.head(source)
        known = {p.name for p in func.parameters}
        parameters = [(n, w) for n, w in PARAMETER.findall(head) if n in known]
        results = [(a or c or 'None', b or d) for a, b, c, d in RESULT.findall(self.dedented(head))]
        self.add(func, {'Parameters': parameters, 'Returns': results})

    def dedented(self, text):
        margin = len(text) - len(text.lstrip(' '))
        return '\n'.join(line[margin:] for line in text.splitlines())

    def on_class_members(self, *, cls, **rest):
        body = re.split(r'^\s+(?:@|def )', '\n'.join(cls.lines[1:]), maxsplit=1, flags=re.M)[0]
        fields = [(n, w) for n, w in PARAMETER.findall(body) if n in cls.members]
        if fields: self.add(cls, {'Attributes': fields})
