package dev.whetstone.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An imported model: {@code weights.safetensors} (canonical float32), {@code tokenizer.json},
 * {@code config.json}, {@code chat_template.jinja}, the exported graphs, and {@code manifest.json}
 * with the sha256 of each file, the source and the licence. {@link #open} reads it.
 *
 * @param hash the base hash: sha256 of the canonical weights, in lower-case hexadecimal
 */
public record ModelDirectory(Path path, ModelConfig config, String hash) {
  public static final String WEIGHTS = "weights.safetensors";
  public static final String MANIFEST = "manifest.json";

  /**
   * Opens a directory.
   *
   * @throws ModelFormatException when the directory is not an imported model
   */
  public static ModelDirectory open(Path path) throws IOException {
    Path manifest = path.resolve(MANIFEST);
    if (!Files.exists(manifest)) {
      throw new ModelFormatException(path + " is not an imported model: it has no " + MANIFEST);
    }
    JsonNode files = new ObjectMapper().readTree(manifest.toFile()).path("files");
    String hash = files.path(WEIGHTS).asText("");
    if (hash.isEmpty()) {
      throw new ModelFormatException(manifest + " does not list " + WEIGHTS);
    }
    return new ModelDirectory(path, HuggingFaceConfig.read(path), hash);
  }

  /** Opens the canonical float32 weights; the caller closes them. */
  public Tensors weights() throws IOException {
    return Safetensors.open(path.resolve(WEIGHTS));
  }
}
