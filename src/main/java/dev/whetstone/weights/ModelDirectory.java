package dev.whetstone.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An imported model: its weights, {@code tokenizer.json}, {@code config.json}, {@code
 * chat_template.jinja}, the exported graphs, and {@code manifest.json} with the base hash, the
 * sha256 of each file, the source and the licence. {@link #open} reads it.
 *
 * <p>The weights are {@code weights.gguf}, the file that was imported, or {@code
 * weights.safetensors} in float32. Whoever needs them converts them to float32 while reading.
 *
 * @param hash the base hash: sha256, in lower-case hexadecimal, of the weights as {@link
 *     SafetensorsWriter} writes them in float32, whatever file holds them
 */
public record ModelDirectory(Path path, ModelConfig config, String hash) {
  public static final String WEIGHTS = "weights.safetensors";
  public static final String GGUF_WEIGHTS = "weights.gguf";
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
    JsonNode known = new ObjectMapper().readTree(manifest.toFile());
    // A manifest of an earlier version has no base hash, for that of the file was the same.
    String hash = known.path("base").asText(known.path("files").path(WEIGHTS).asText(""));
    if (hash.isEmpty()) {
      throw new ModelFormatException(manifest + " names no base hash and no " + WEIGHTS);
    }
    // It is part of paths.
    if (!hash.matches("[0-9a-f]{64}")) {
      throw new ModelFormatException(manifest + " names a base hash that is no sha256");
    }
    return new ModelDirectory(path, HuggingFaceConfig.read(path), hash);
  }

  /** Whether a directory holds weights. */
  public static boolean hasWeights(Path path) {
    return Files.exists(path.resolve(GGUF_WEIGHTS)) || Files.exists(path.resolve(WEIGHTS));
  }

  /** Opens the weights; the caller closes them. */
  public Tensors weights() throws IOException {
    Path gguf = path.resolve(GGUF_WEIGHTS);
    return Files.exists(gguf)
        ? new GgufModel(GgufFile.open(gguf))
        : Safetensors.open(path.resolve(WEIGHTS));
  }
}
