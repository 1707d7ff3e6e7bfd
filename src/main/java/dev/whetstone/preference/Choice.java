package dev.whetstone.preference;

/** Which answer a person preferred; ties and both-bad are stored and never count as wins. */
public sealed interface Choice {
  record A() implements Choice {}

  record B() implements Choice {}

  record Tie() implements Choice {}

  record BothBad() implements Choice {}

  /** Its name in JSON and in the database. */
  default String label() {
    return switch (this) {
      case A _ -> "a";
      case B _ -> "b";
      case Tie _ -> "tie";
      case BothBad _ -> "both_bad";
    };
  }

  /** Parses a label; throws IllegalArgumentException when it names no choice. */
  static Choice of(String label) {
    return switch (label) {
      case "a" -> new A();
      case "b" -> new B();
      case "tie" -> new Tie();
      case "both_bad" -> new BothBad();
      default ->
          throw new IllegalArgumentException("choice must be a, b, tie or both_bad, not " + label);
    };
  }
}
