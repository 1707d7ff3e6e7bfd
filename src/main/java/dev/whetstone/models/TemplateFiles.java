package dev.whetstone.models;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.text.ChatTemplate;
import dev.whetstone.weights.GgufFile;
import dev.whetstone.weights.ModelFormatException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The chat templates of a model in Hugging Face's layout: {@code chat_template.jinja}, and beside
 * it named ones in the folder {@code additional_chat_templates}. Earlier versions keep them in
 * tokenizer_config.json, as a text or as a list of names and texts.
 */
final class TemplateFiles {
  private static final String DEFAULT = "default";
  private static final String DEFAULT_FILE = "chat_template.jinja";
  static final String FOLDER = "additional_chat_templates";
  private static final String SUFFIX = ".jinja";
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,64}");

  private TemplateFiles() {}

  /** The templates of a directory by name; the newer files win over the older ones. */
  static Map<String, String> read(Path directory) throws IOException {
    Map<String, String> templates = new TreeMap<>(inline(directory));
    Path folder = directory.resolve(FOLDER);
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.filter(f -> f.toString().endsWith(SUFFIX)).sorted().toList()) {
          String name = file.getFileName().toString();
          put(templates, name.substring(0, name.length() - SUFFIX.length()), text(file));
        }
      }
    }
    Path file = directory.resolve(DEFAULT_FILE);
    if (Files.exists(file)) {
      put(templates, DEFAULT, text(file));
    }
    return templates;
  }

  private static String text(Path file) throws IOException {
    try {
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw new ModelFormatException(file + " is not UTF-8", e);
    }
  }

  private static Map<String, String> inline(Path directory) throws IOException {
    Map<String, String> templates = new TreeMap<>();
    for (String file : List.of("chat_template.json", "tokenizer_config.json")) {
      JsonNode template = OptionalJson.read(directory.resolve(file)).path("chat_template");
      if (template.isTextual()) {
        put(templates, DEFAULT, template.asText());
      } else if (template.isArray()) {
        for (JsonNode named : template) {
          put(templates, named.path("name").asText(), named.path("template").asText());
        }
      } else {
        template
            .properties()
            .forEach(named -> put(templates, named.getKey(), named.getValue().asText()));
      }
    }
    return templates;
  }

  private static void put(Map<String, String> templates, String name, String text) {
    if (!NAME.matcher(name).matches()) {
      throw new ModelFormatException("a chat template has the name '" + name + "'");
    }
    templates.put(name, text);
  }

  /** The templates of a GGUF file by name. */
  static Map<String, String> of(GgufFile file) {
    Map<String, String> templates = new TreeMap<>();
    file.text("tokenizer.chat_template").ifPresent(text -> put(templates, DEFAULT, text));
    if (file.metadata().get("tokenizer.chat_templates") instanceof List<?> names) {
      for (Object name : names) {
        file.text("tokenizer.chat_template." + name)
            .ifPresent(text -> put(templates, String.valueOf(name), text));
      }
    }
    return templates;
  }

  /** Writes templates where {@link #open} reads them. */
  static void write(Map<String, String> templates, Path folder) throws IOException {
    for (Map.Entry<String, String> template : templates.entrySet()) {
      Path file = folder.resolve(DEFAULT_FILE);
      if (!template.getKey().equals(DEFAULT)) {
        Path named = Files.createDirectories(folder.resolve(FOLDER));
        file = named.resolve(template.getKey() + SUFFIX);
      }
      Files.writeString(file, template.getValue());
    }
  }

  /** The template of an imported model; empty if it has none. */
  static Optional<ChatTemplate> open(Path folder) throws IOException {
    Map<String, String> templates = read(folder);
    if (templates.isEmpty()) {
      return Optional.empty();
    }
    Map<String, String> tokens = new HashMap<>();
    for (var entry : OptionalJson.read(folder.resolve("tokenizer_config.json")).properties()) {
      String text = entry.getValue().path("content").asText(entry.getValue().asText(""));
      if (entry.getKey().endsWith("_token") && !text.isEmpty()) {
        tokens.put(entry.getKey(), text);
      }
    }
    return Optional.of(ChatTemplate.named(templates, tokens));
  }
}
