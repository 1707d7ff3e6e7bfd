package dev.whetstone.preference;

import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/** Base of tests that use a preference log, which is emptied before each test. */
public abstract class LogTest {
  public static LogFixture log;

  @BeforeAll
  static void open() throws IOException {
    log = new LogFixture();
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
