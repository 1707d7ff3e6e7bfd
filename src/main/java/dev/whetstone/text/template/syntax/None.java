package dev.whetstone.text.template.syntax;

/** Python's None. */
public enum None {
  NONE
}
