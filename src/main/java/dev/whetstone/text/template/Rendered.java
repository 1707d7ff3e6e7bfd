package dev.whetstone.text.template;

/**
 * What a template wrote, with the knowledge which characters are its own and which came with the
 * conversation.
 */
public final class Rendered {
  private static final int[] NONE = {};

  private final String text;
  private final int[] borders;
  private final String source;

  private Rendered(String text, int[] borders, String source) {
    this.text = text;
    this.borders = borders;
    this.source = source;
  }

  static Rendered of(Object text, String source) {
    return new Rendered(
        UserText.string(text), text instanceof UserText user ? user.borders() : NONE, source);
  }

  /** The whole text. */
  public String text() {
    return text;
  }

  /** The first characters. */
  public Rendered upTo(int length) {
    return new Rendered(text.substring(0, length), borders, source);
  }

  /** Whether the template itself wrote every character from one index up to another. */
  public boolean isTemplates(int from, int to) {
    return UserText.isTemplates(borders, from, to);
  }

  /** Whether the template has a text in its source. */
  public boolean isInSource(String part) {
    return source.contains(part);
  }
}
