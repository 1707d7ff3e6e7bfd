package dev.whetstone.database.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NamespaceTest {
  @ParameterizedTest
  @CsvSource({
    "unshare: unshare failed: Operation not permitted, true",
    "unshare: write failed /proc/self/uid_map: Operation not permitted, true",
    "unshare: write failed /proc/self/gid_map: Operation not permitted, true",
    "unshare: cannot open /proc/self/setgroups: Permission denied, true",
    "unshare: failed to execute /home/x/bin/pg_ctl: No such file or directory, false",
    "pg_ctl: could not start server, false",
  })
  void aRefusedNamespaceIsToldFromOtherFailures(String output, boolean refused) {
    assertThat(EmbeddedServer.isNamespaceRefused(output)).isEqualTo(refused);
  }
}
