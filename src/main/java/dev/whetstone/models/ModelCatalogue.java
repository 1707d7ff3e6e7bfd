package dev.whetstone.models;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.whetstone.gateway.state.RecommendedSampling;
import dev.whetstone.settings.InvalidSettingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The models that can be named, read from models/manifest.json. */
public final class ModelCatalogue {
  private static final String SOURCE = "models/manifest.json";

  private final Map<String, CatalogueModel> models;
  private final CatalogueModel standard;
  private final CatalogueModel small;

  private ModelCatalogue(
      Map<String, CatalogueModel> models, CatalogueModel standard, CatalogueModel small) {
    this.models = models;
    this.standard = standard;
    this.small = small;
  }

  /**
   * Reads {@code folder/manifest.json}.
   *
   * @throws InvalidSettingException naming what is missing or malformed
   */
  public static ModelCatalogue open(Path folder) throws IOException {
    Path manifest = folder.resolve("manifest.json");
    if (!Files.exists(manifest)) {
      throw new InvalidSettingException(
          manifest + " is missing; set WHETSTONE_ROOT to the folder Whetstone was cloned into");
    }
    Map<String, CatalogueModel> models = new LinkedHashMap<>();
    try {
      JsonNode read = new ObjectMapper().readTree(manifest.toFile());
      for (var entry : read.path("models").properties()) {
        models.put(entry.getKey(), model(folder, entry.getKey(), entry.getValue()));
      }
      return new ModelCatalogue(
          models, require(models, text(read, "default")), require(models, text(read, "small")));
    } catch (JacksonException malformed) {
      throw new InvalidSettingException(manifest + " is not JSON");
    } catch (IllegalArgumentException malformed) {
      throw new InvalidSettingException(manifest + ": " + malformed.getMessage());
    }
  }

  private static CatalogueModel require(Map<String, CatalogueModel> models, String name) {
    CatalogueModel model = models.get(name);
    if (model == null) {
      throw new IllegalArgumentException("there is no model '" + name + "'");
    }
    return model;
  }

  private static CatalogueModel model(Path folder, String name, JsonNode entry) {
    ModelFile.requireFileName(name);
    JsonNode memory = entry.path("memory_bytes");
    return new CatalogueModel(
        name,
        text(entry, "description"),
        text(entry, "licence"),
        new CatalogueModel.Sizes(
            number(entry, "disk_bytes"),
            number(memory, "serving"),
            number(memory, "training"),
            number(memory, "available")),
        RecommendedSampling.of(entry.path("sampling"), SOURCE),
        entry.has("directory")
            ? new CatalogueModel.LocalDirectory(folder.resolve(text(entry, "directory")))
            : new CatalogueModel.Fetched(file(entry)));
  }

  private static ModelFile file(JsonNode entry) {
    List<ModelSource> sources = new ArrayList<>();
    for (JsonNode source : entry.path("sources")) {
      sources.add(
          source.has("packages")
              ? packages(source.path("packages"))
              : new ModelSource.HuggingFaceFile(
                  text(source, "hugging_face"), text(source, "revision"), text(source, "file")));
    }
    JsonNode file = entry.path("file");
    return new ModelFile(text(file, "name"), number(file, "bytes"), text(file, "sha256"), sources);
  }

  private static ModelSource packages(JsonNode parts) {
    List<ModelSource.PackagePart> read = new ArrayList<>();
    for (JsonNode part : parts) {
      read.add(
          new ModelSource.PackagePart(
              text(part, "package"),
              text(part, "version"),
              text(part, "wheel"),
              text(part, "wheel_sha256"),
              number(part, "wheel_bytes"),
              text(part, "file"),
              number(part, "bytes"),
              text(part, "sha256")));
    }
    return new ModelSource.PackageParts(read);
  }

  private static String text(JsonNode node, String field) {
    if (!node.path(field).isTextual()) {
      throw new IllegalArgumentException("'" + field + "' is missing or no text");
    }
    return node.path(field).asText();
  }

  private static long number(JsonNode node, String field) {
    if (!node.path(field).canConvertToLong() || node.path(field).asLong() < 0) {
      throw new IllegalArgumentException("'" + field + "' is missing or no number of bytes");
    }
    return node.path(field).asLong();
  }

  /** The model of that name; empty if there is none. */
  public Optional<CatalogueModel> find(String name) {
    return Optional.ofNullable(models.get(name));
  }

  /** All models, in the manifest's order. */
  public List<CatalogueModel> models() {
    return List.copyOf(models.values());
  }

  /** The model that is served where none is named. */
  public CatalogueModel defaultModel() {
    return standard;
  }

  /** The model that is the default on a machine that is too small for {@link #defaultModel}. */
  public CatalogueModel smallModel() {
    return small;
  }

  /** The sampling that a model's authors recommend; without any field for an unknown model. */
  RecommendedSampling sampling(String name) {
    return find(name)
        .map(CatalogueModel::sampling)
        .orElseGet(() -> RecommendedSampling.of(JsonNodeFactory.instance.objectNode(), SOURCE));
  }

  /** All names. */
  List<String> names() {
    return List.copyOf(models.keySet());
  }
}
