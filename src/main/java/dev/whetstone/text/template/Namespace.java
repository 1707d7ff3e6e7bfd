package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.JinjaException;
import java.util.Map;

/** Jinja's namespace: the one value whose attributes a template may set. */
record Namespace(Map<Object, Object> attributes) {
  void set(Object name, Object value) {
    if (UserText.plain(name) instanceof String text && text.startsWith("_")) {
      throw new JinjaException("a namespace has no attributes that begin with _: " + text);
    }
    attributes.put(UserText.plain(name), value);
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
