package dev.whetstone.text;

import java.util.Objects;

/** A message of a conversation: its role (system, user or assistant) and its content. */
public record Message(String role, String content) {
  public Message {
    Objects.requireNonNull(content, "content");
    if (role.isBlank()) {
      throw new IllegalArgumentException("a message needs a role");
    }
  }
}
