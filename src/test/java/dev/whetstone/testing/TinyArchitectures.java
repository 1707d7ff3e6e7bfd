package dev.whetstone.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The tiny random models of every architecture in the golden files, as Hugging Face directories.
 */
public final class TinyArchitectures {
  public static final Path GOLDEN = Path.of("src/test/resources/golden/architectures");
  private static final Path TEXTS = Path.of("models/tiny-reviews");

  private TinyArchitectures() {}

  /** Their names. */
  public static List<String> names() {
    return List.of(
        "llama3",
        "mistral-window",
        "qwen2",
        "qwen3",
        "gemma2",
        "gemma3",
        "phi3",
        "granite",
        "olmo2",
        "smollm3",
        "mixtral",
        "qwen3-moe");
  }

  /** Puts a model and the tokenizer and chat template of the tiny reviews into a folder. */
  public static Path directory(String name, Path folder) throws IOException {
    Files.createDirectories(folder);
    for (String file : List.of("config.json", "model.safetensors")) {
      copy(GOLDEN.resolve(name).resolve(file), folder);
    }
    for (String file : List.of("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")) {
      copy(TEXTS.resolve(file), folder);
    }
    return folder.toAbsolutePath();
  }

  private static void copy(Path file, Path folder) throws IOException {
    Path target = folder.resolve(file.getFileName());
    if (!Files.exists(target)) {
      Files.copy(file, target);
    }
  }
}
