package dev.whetstone.models;

import java.util.List;

/**
 * The file that a model is imported from.
 *
 * @param sources tried in this order
 */
record ModelFile(String name, long bytes, String sha256, List<ModelSource> sources) {
  ModelFile {
    requireFileName(name);
    requireSha256(sha256);
    sources = List.copyOf(sources);
    for (ModelSource source : sources) {
      if (source instanceof ModelSource.PackageParts packages
          && packages.parts().stream().mapToLong(ModelSource.PackagePart::bytes).sum() != bytes) {
        throw new IllegalArgumentException("the parts of " + name + " do not add up to its bytes");
      }
    }
  }

  /** The parts that the file's bytes can be checked by before it is whole; empty if unknown. */
  List<ModelSource.PackagePart> parts() {
    for (ModelSource source : sources) {
      if (source instanceof ModelSource.PackageParts packages) {
        return packages.parts();
      }
    }
    return List.of();
  }

  static void requireFileName(String name) {
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,200}")) {
      throw new IllegalArgumentException("'" + name + "' is not a file's name");
    }
  }

  static void requireSha256(String hash) {
    if (!hash.matches("[0-9a-f]{64}")) {
      throw new IllegalArgumentException("'" + hash + "' is not a sha256");
    }
  }
}
