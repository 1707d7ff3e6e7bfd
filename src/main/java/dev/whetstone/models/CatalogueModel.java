package dev.whetstone.models;

import dev.whetstone.gateway.state.RecommendedSampling;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A model that can be named.
 *
 * @param description a sentence on what the model is good for
 * @param sampling what the model's authors recommend
 */
public record CatalogueModel(
    String name,
    String description,
    String licence,
    Sizes sizes,
    RecommendedSampling sampling,
    Origin origin) {
  /**
   * What a model needs of a machine, in bytes.
   *
   * @param disk of the imported model with its int8 graphs
   * @param serving memory of the gateway in use
   * @param training memory of the trainer in a run
   * @param available memory below which a smaller model is the default
   */
  public record Sizes(long disk, long serving, long training, long available) {}

  /** What a model is imported from. */
  sealed interface Origin {}

  /** A file that is fetched. */
  record Fetched(ModelFile file) implements Origin {}

  /** A Hugging Face directory next to the manifest. */
  record LocalDirectory(Path directory) implements Origin {}

  /** The file to fetch; empty for a model that comes with Whetstone. */
  Optional<ModelFile> file() {
    return origin instanceof Fetched fetched ? Optional.of(fetched.file()) : Optional.empty();
  }

  /** Bytes to fetch for the import; 0 for a model that comes with Whetstone. */
  public long downloadBytes() {
    return file().map(ModelFile::bytes).orElse(0L);
  }
}
