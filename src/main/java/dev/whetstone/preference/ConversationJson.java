package dev.whetstone.preference;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.settings.JsonText;
import dev.whetstone.text.Message;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Conversations as the log stores them: a JSON array of {@code role} and {@code content}. */
public final class ConversationJson {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final TypeReference<List<Message>> TYPE = new TypeReference<>() {};

  private ConversationJson() {}

  /** Parses a stored conversation; null where the prompt was plain text. */
  public static @Nullable List<Message> read(@Nullable String json) {
    try {
      return json == null ? null : MAPPER.readValue(json, TYPE);
    } catch (JsonProcessingException broken) {
      throw new IllegalStateException(
          "a stored conversation is not a JSON list of messages", broken);
    }
  }

  /** Writes a conversation for the log; null where the prompt is plain text. */
  static @Nullable public String write(@Nullable List<Message> messages) {
    return messages == null ? null : JsonText.of(MAPPER.writer(), messages);
  }
}
