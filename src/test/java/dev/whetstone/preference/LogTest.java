package dev.whetstone.preference;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Base of tests that use a preference log, which is emptied before each test. */
public abstract class LogTest {
  @TempDir static Path home;

  public static LogFixture log;

  @BeforeAll
  static void open() throws IOException {
    log = new LogFixture(home);
  }

  @AfterAll
  static void close() {
    log.close();
  }

  @BeforeEach
  void empty() {
    log.clear();
  }
}
