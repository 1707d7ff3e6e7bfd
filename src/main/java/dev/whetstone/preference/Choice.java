package dev.whetstone.preference;

/** Which answer a person preferred; ties and both-bad are stored and never count as wins. */
public sealed interface Choice {
  /** Its name in JSON and in the database. */
  String label();

  record A() implements Choice {
    @Override
    public String label() {
      return "a";
    }
  }

  record B() implements Choice {
    @Override
    public String label() {
      return "b";
    }
  }

  record Tie() implements Choice {
    @Override
    public String label() {
      return "tie";
    }
  }

  record BothBad() implements Choice {
    @Override
    public String label() {
      return "both_bad";
    }
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
