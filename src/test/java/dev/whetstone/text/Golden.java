package dev.whetstone.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.StreamSupport;

/** Reads the golden files. */
final class Golden {
  private Golden() {}

  static JsonNode read(String name) throws IOException {
    try (InputStream json = Golden.class.getResourceAsStream("/golden/" + name)) {
      return new ObjectMapper().readTree(Objects.requireNonNull(json, name));
    }
  }

  static List<Message> messages(JsonNode golden) {
    List<Message> messages = new ArrayList<>();
    for (JsonNode message : golden.path("messages")) {
      messages.add(new Message(message.path("role").asText(), message.path("content").asText()));
    }
    return messages;
  }

  static int[] ids(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).mapToInt(JsonNode::intValue).toArray();
  }
}
