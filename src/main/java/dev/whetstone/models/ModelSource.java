package dev.whetstone.models;

import java.util.List;

/** Where a model's file can be fetched. */
sealed interface ModelSource {
  /**
   * A file of a repository on Hugging Face.
   *
   * @param repository as {@code owner/name}
   * @param revision a commit, so that the file never changes
   */
  record HuggingFaceFile(String repository, String revision, String file) implements ModelSource {
    @Override
    public String toString() {
      return repository + "@" + revision + ":" + file;
    }
  }

  /** Python packages of a registry, each with one part of the file, in order. */
  record PackageParts(List<PackagePart> parts) implements ModelSource {
    public PackageParts {
      parts = List.copyOf(parts);
      if (parts.isEmpty()) {
        throw new IllegalArgumentException("a source of packages names none");
      }
    }

    @Override
    public String toString() {
      PackagePart first = parts.getFirst();
      String others = parts.size() == 1 ? "" : " and " + (parts.size() - 1) + " more";
      return first.name() + "==" + first.version() + ":" + first.file() + others;
    }
  }

  /**
   * A part of a model's file inside a wheel.
   *
   * @param file path inside the wheel
   * @param bytes of the part, unpacked
   * @param sha256 of the part, unpacked
   */
  record PackagePart(
      String name,
      String version,
      String wheel,
      String wheelSha256,
      long wheelBytes,
      String file,
      long bytes,
      String sha256) {
    public PackagePart {
      ModelFile.requireFileName(wheel);
      ModelFile.requireSha256(wheelSha256);
      ModelFile.requireSha256(sha256);
    }
  }
}
