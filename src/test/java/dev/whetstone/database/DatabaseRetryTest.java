package dev.whetstone.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import org.junit.jupiter.api.Test;

class DatabaseRetryTest {
  private static final DatabaseException SLOW =
      new DatabaseException(new SQLException("canceling statement", DatabaseException.TIMED_OUT));
  private static final DatabaseException WRONG =
      new DatabaseException(new SQLException("duplicate key", "23505"));

  @Test
  void aStatementThatIsSlowForAMomentIsTriedAgain() {
    ArrayDeque<RuntimeException> failures =
        new ArrayDeque<>(List.of(SLOW, new DatabaseUnavailableException("away"), SLOW));

    run(4, failures);

    assertThat(failures).isEmpty();
  }

  @Test
  void whatNoTryMendsIsToldAtOnce() {
    ArrayDeque<RuntimeException> failures = new ArrayDeque<>(List.of(WRONG, SLOW));

    assertThatThrownBy(() -> run(4, failures)).isSameAs(WRONG);
    assertThat(failures).hasSize(1);
    assertThatThrownBy(() -> run(2, new ArrayDeque<>(List.of(SLOW, SLOW, SLOW)))).isSameAs(SLOW);
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
