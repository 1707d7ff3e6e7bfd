package dev.whetstone.text;

import java.util.Objects;

/** One turn of a conversation: who speaks (system, user, assistant) and what. */
public record Message(String role, String content) {
  public Message {
    Objects.requireNonNull(content, "content");
    if (role.isBlank()) {
      throw new IllegalArgumentException("a message needs a role");
    }
  }
}
