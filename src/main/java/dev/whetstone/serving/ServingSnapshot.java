package dev.whetstone.serving;

import dev.whetstone.policy.Aliases;
import dev.whetstone.policy.Policy;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The versions that this gateway serves under each alias: one immutable value, swapped as a whole.
 *
 * @param revision of the aliases it corresponds to; -1 before any were read
 * @param candidate null when there is none or it cannot be staged here
 * @param previous likewise
 */
public record ServingSnapshot(
    long revision, Policy champion, @Nullable Policy candidate, @Nullable Policy previous) {

  /** The version that this gateway serves under an alias. */
  public Optional<Policy> alias(String name) {
    return switch (name) {
      case Aliases.CHAMPION -> Optional.of(champion);
      case Aliases.CANDIDATE -> Optional.ofNullable(candidate);
      case Aliases.PREVIOUS -> Optional.ofNullable(previous);
      default -> Optional.empty();
    };
  }

  Stream<Policy> policies() {
    return Stream.of(
            Optional.of(champion), Optional.ofNullable(candidate), Optional.ofNullable(previous))
        .flatMap(Optional::stream);
  }
}
