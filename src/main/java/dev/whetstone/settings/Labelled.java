package dev.whetstone.settings;

/** An enum whose constants are named in lower case in JSON, in the database and in logs. */
public interface Labelled {
  String name();

  /** The constant's name outside the code. */
  default String label() {
    return EnumNames.of((Enum<?>) this);
  }
}
