package dev.whetstone.policy;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The aliases of a base: names that move from version to version.
 *
 * @param revision grows by 1 with every change
 * @param champion the version that serves
 * @param candidate the version that is compared with the champion; null where none is
 * @param previous the version that a rollback returns to; null where none is left
 */
public record Aliases(
    long revision, String champion, @Nullable String candidate, @Nullable String previous) {
  public static final String CHAMPION = "champion";
  public static final String CANDIDATE = "candidate";
  public static final String PREVIOUS = "previous";

  /** The aliases of a version. */
  public List<String> namesOf(String version) {
    List<String> names = new ArrayList<>();
    if (version.equals(champion)) {
      names.add(CHAMPION);
    }
    if (version.equals(candidate)) {
      names.add(CANDIDATE);
    }
    if (version.equals(previous)) {
      names.add(PREVIOUS);
    }
    return List.copyOf(names);
  }

  /**
   * Resolves an alias to its version; every other name, and an unset alias, is returned as it is.
   */
  public String resolve(String name) {
    String version =
        switch (name) {
          case CHAMPION -> champion;
          case CANDIDATE -> candidate;
          case PREVIOUS -> previous;
          default -> name;
        };
    return version == null ? name : version;
  }
}
