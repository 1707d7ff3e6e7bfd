package dev.whetstone.policy;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The names that move from version to version.
 *
 * @param revision grows with every change
 * @param champion serves
 * @param candidate is compared with it
 * @param previous what a rollback goes back to
 */
public record Aliases(
    long revision, String champion, @Nullable String candidate, @Nullable String previous) {
  public static final String CHAMPION = "champion";
  public static final String CANDIDATE = "candidate";
  public static final String PREVIOUS = "previous";

  /** The names a version goes by. */
  public List<String> of(String version) {
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

  /** The version an alias stands for; every other name stands for itself. */
  public String version(String name) {
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
