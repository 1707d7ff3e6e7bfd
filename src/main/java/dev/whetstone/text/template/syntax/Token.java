package dev.whetstone.text.template.syntax;

/**
 * A part of a template.
 *
 * @param text a name, an operator, or the text of data and strings
 * @param value a literal's value, else the text
 * @param at the offset in the template
 */
record Token(Kind kind, String text, Object value, int at) {
  enum Kind {
    DATA,
    VARIABLE_BEGIN,
    VARIABLE_END,
    BLOCK_BEGIN,
    BLOCK_END,
    NAME,
    STRING,
    NUMBER,
    OPERATOR,
    END
  }

  boolean is(Kind kind, String text) {
    return this.kind == kind && this.text.equals(text);
  }

  boolean isName(String name) {
    return is(Kind.NAME, name);
  }

  boolean isOperator(String operator) {
    return is(Kind.OPERATOR, operator);
  }

  String described() {
    return switch (kind) {
      case END -> "the end of the template";
      case VARIABLE_END, BLOCK_END -> "the end of the tag";
      case DATA -> "text";
      default -> "'" + text + "'";
    };
  }
}
