package dev.whetstone.models;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.io.Sha256;
import dev.whetstone.onnx.OnnxExport;
import dev.whetstone.onnx.Precision;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** Checks the files of a model directory against its manifest. */
public final class ModelIntegrity {
  private ModelIntegrity() {}

  /**
   * Finds an imported file of a wrong size; fast enough for every start. Skips the graphs, which
   * can be exported again. A directory without a manifest counts as undamaged.
   */
  static Optional<String> checkSizes(Path folder) throws IOException {
    return check(folder, false);
  }

  /** Finds a file, graphs included, whose size or sha256 is wrong. */
  public static Optional<String> checkHashes(Path folder) throws IOException {
    return check(folder, true);
  }

  /**
   * Finds a file of the serving graphs that holds other bytes than were exported: it would load and
   * write other text.
   */
  public static Optional<String> checkGraphs(Path folder, Precision precision) throws IOException {
    Path file = folder.resolve(ModelDirectory.MANIFEST);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    JsonNode hashes = new ObjectMapper().readTree(file.toFile()).path("files");
    for (String name : OnnxExport.files(precision)) {
      Path part = folder.resolve(name);
      String expected = hashes.path(name).asText();
      if (!expected.isEmpty() && Files.exists(part) && !Sha256.of(part).equals(expected)) {
        return Optional.of(
            part
                + " is damaged: its bytes are not those that were exported. Remove it and start"
                + " again; it is exported anew");
      }
    }
    return Optional.empty();
  }

  private static Optional<String> check(Path folder, boolean thorough) throws IOException {
    Path file = folder.resolve(ModelDirectory.MANIFEST);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    JsonNode manifest;
    try {
      manifest = new ObjectMapper().readTree(file.toFile());
    } catch (JacksonException e) {
      return Optional.of(ModelDirectory.MANIFEST + " is not JSON");
    }
    Set<String> graphs = new HashSet<>();
    for (Precision precision : Precision.values()) {
      graphs.addAll(OnnxExport.files(precision));
    }
    // also those of an earlier format, which the next export removes
    manifest.path("graph_formats").fieldNames().forEachRemaining(graphs::add);
    for (var entry : manifest.path("sizes").properties()) {
      Path part = folder.resolve(entry.getKey());
      if (graphs.contains(entry.getKey()) && !(thorough && Files.exists(part))) {
        continue;
      }
      Optional<String> damage = checkSize(part, entry.getValue().asLong(-1));
      if (damage.isPresent()) {
        return damage;
      }
      String expected = manifest.path("files").path(entry.getKey()).asText();
      if (thorough && !Sha256.of(part).equals(expected)) {
        return Optional.of(entry.getKey() + " has another sha256 than the manifest");
      }
    }
    return Optional.empty();
  }

  private static Optional<String> checkSize(Path part, long expected) throws IOException {
    if (!Files.exists(part)) {
      return Optional.of(part.getFileName() + " is missing");
    }
    long found = Files.size(part);
    return found == expected
        ? Optional.empty()
        : Optional.of("%s has %d bytes, not %d".formatted(part.getFileName(), found, expected));
  }
}
