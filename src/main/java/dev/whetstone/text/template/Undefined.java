package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.JinjaException;

/**
 * A name, attribute or item that is not there: prints nothing, is false and empty, and fails where
 * it is used for more.
 */
record Undefined(String reason) {
  JinjaException failure() {
    return new JinjaException(reason);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Undefined;
  }

  @Override
  public int hashCode() {
    return 0;
  }
}
