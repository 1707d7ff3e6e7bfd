package dev.whetstone.models;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files of a model that publishers may leave out. */
final class OptionalJson {
  private static final ObjectMapper JSON = new ObjectMapper();

  private OptionalJson() {}

  /** What a file holds; an object without fields if there is no such file. */
  static JsonNode read(Path file) throws IOException {
    return Files.exists(file) ? JSON.readTree(file.toFile()) : JSON.createObjectNode();
  }
}
