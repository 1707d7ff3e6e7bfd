package dev.whetstone.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import org.junit.jupiter.api.Test;

class DatabaseRetryTest {
  private final DatabaseException slow =
      new DatabaseException(new SQLException("canceling statement", DatabaseException.TIMED_OUT));
  private final DatabaseException wrong =
      new DatabaseException(new SQLException("duplicate key", "23505"));

  @Test
  void aStatementThatIsSlowForAMomentIsTriedAgain() {
    ArrayDeque<RuntimeException> failures =
        new ArrayDeque<>(List.of(slow, new DatabaseUnavailableException("away"), slow));

    run(4, failures);

    assertThat(failures).isEmpty();
  }

  @Test
  void whatNoTryMendsIsToldAtOnce() {
    ArrayDeque<RuntimeException> failures = new ArrayDeque<>(List.of(wrong, slow));

    assertThatThrownBy(() -> run(4, failures)).isSameAs(wrong);
    assertThat(failures).hasSize(1);
    assertThatThrownBy(() -> run(2, new ArrayDeque<>(List.of(slow, slow, slow)))).isSameAs(slow);
  }

  private static void run(int tries, ArrayDeque<RuntimeException> failures) {
    DatabaseRetry.run(
        tries,
        Duration.ZERO,
        () -> {
          if (!failures.isEmpty()) {
            throw failures.pop();
          }
        });
  }
}
