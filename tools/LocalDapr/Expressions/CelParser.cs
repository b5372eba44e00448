namespace ImDapr.LocalDapr.Expressions;

/// <summary>Parses CEL's grammar by recursive descent, lowest precedence first.</summary>
internal sealed class CelParser
{
    // cel-go's own limit, so that no expression can exhaust the stack.
    private const int MaxDepth = 250;

    private readonly string _text;
    private readonly List<CelToken> _tokens;
    private int _next;
    private int _depth;

    public CelParser(string text)
    {
        _text = text;
        _tokens = new CelLexer(text).Read();
    }

    private CelToken Current => _tokens[_next];

    public CelNode Parse()
    {
        var node = Conditional();
        return Current.Kind == CelTokenKind.End ? node : throw Unexpected();
    }

    private CelNode Conditional()
    {
        if (++_depth > MaxDepth)
            throw new FormatException($"'{_text}' is nested too deeply");
        var condition = Or();
        if (Take("?"))
        {
            var then = Conditional();
            Expect(":");
            condition = new CelConditional(condition, then, Conditional());
        }
        _depth--;
        return condition;
    }

    private CelNode Or()
    {
        var left = And();
        while (Take("||"))
            left = new CelLogical(left, And(), decides: true);
        return left;
    }

    private CelNode And()
    {
        var left = Relation();
        while (Take("&&"))
            left = new CelLogical(left, Relation(), decides: false);
        return left;
    }

    private CelNode Relation() => Binary(Sum, "==", "!=", "<=", ">=", "<", ">", "in");

    private CelNode Sum() => Binary(Product, "+", "-");

    private CelNode Product() => Binary(Unary, "*", "/", "%");

    private CelNode Binary(Func<CelNode> operand, params string[] operators)
    {
        var left = operand();
        while (operators.FirstOrDefault(IsOperator) is { } found)
        {
            _next++;
            left = new CelBinary(found, left, operand());
        }
        return left;
    }

    private CelNode Unary()
    {
        if (Take("!"))
            return new CelUnary("!", Unary());
        return Take("-") ? new CelUnary("-", Unary()) : Member();
    }

    private CelNode Member()
    {
        var node = Primary();
        while (true)
        {
            if (Take("."))
                node = FieldOrMethod(node);
            else if (Take("["))
                node = new CelIndex(node, Closed(Conditional(), "]"));
            else
                return node;
        }
    }

    private CelNode FieldOrMethod(CelNode target)
    {
        var name = Identifier();
        return Take("(") ? Method(target, name) : new CelField(target, name);
    }

    private CelNode Method(CelNode target, string name)
    {
        var arguments = Arguments(")");
        if (CelMacro.Names.Contains(name))
        {
            return arguments.Count > 1 && arguments[0] is CelVariable variable && (arguments.Count == 2 || (arguments.Count == 3 && name == "map"))
                ? new CelMacro(name, target, variable.Name, arguments)
                : throw new FormatException($"'{_text}': {name}() needs a variable and an expression");
        }
        return Function(name, [target, .. arguments], isMethod: true);
    }

    private CelNode Primary()
    {
        var token = Current;
        _next++;
        switch (token.Kind)
        {
            case CelTokenKind.Literal: return new CelLiteral(token.Value);
            case CelTokenKind.Name: return Named(token.Text);
            case CelTokenKind.Sign when token.Text == "(": return Closed(Conditional(), ")");
            case CelTokenKind.Sign when token.Text == "[": return new CelList(Arguments("]"));
            case CelTokenKind.Sign when token.Text == "{": return Map();
            case CelTokenKind.Sign when token.Text == "." && Current.Kind == CelTokenKind.Name: return Primary();
            default:
                _next--;
                throw Unexpected();
        }
    }

    private CelNode Named(string name)
    {
        if (!Take("("))
            return new CelVariable(name);
        var arguments = Arguments(")");
        if (name == "has")
            return arguments is [CelField field] ? new CelHas(field) : throw new FormatException($"'{_text}': has() needs a field, as in has(event.data)");
        return Function(name, arguments, isMethod: false);
    }

    private CelNode Function(string name, IReadOnlyList<CelNode> arguments, bool isMethod)
    {
        if (!CelFunctions.Knows(name, arguments.Count, isMethod))
            throw new FormatException($"'{_text}': undeclared reference to '{name}', or not with {arguments.Count} arguments");
        return new CelCall(name, arguments);
    }

    private CelNode Map()
    {
        var entries = new List<(CelNode, CelNode)>();
        while (!Take("}"))
        {
            var key = Conditional();
            Expect(":");
            entries.Add((key, Conditional()));
            if (!Take(",") && !IsOperator("}"))
                throw Unexpected();
        }
        return new CelMap(entries);
    }

    private List<CelNode> Arguments(string end)
    {
        var arguments = new List<CelNode>();
        while (!Take(end))
        {
            arguments.Add(Conditional());
            if (!Take(",") && !IsOperator(end))
                throw Unexpected();
        }
        return arguments;
    }

    private CelNode Closed(CelNode node, string end)
    {
        Expect(end);
        return node;
    }

    private string Identifier() => Current.Kind == CelTokenKind.Name ? _tokens[_next++].Text : throw Unexpected();

    private bool IsOperator(string sign) => Current.Kind == CelTokenKind.Sign && Current.Text == sign;

    private bool Take(string sign)
    {
        if (!IsOperator(sign))
            return false;
        _next++;
        return true;
    }

    private void Expect(string sign)
    {
        if (!Take(sign))
            throw Unexpected();
    }

    private FormatException Unexpected() => new(
        $"'{_text}': unexpected {(Current.Kind == CelTokenKind.End ? "end" : $"'{Current.Text}'")} at position {Current.Position + 1}");
}
