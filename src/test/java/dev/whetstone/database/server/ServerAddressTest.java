package dev.whetstone.database.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServerAddressTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "postgresql://app:pw@db:5432/whetstone //db:5432/whetstone pw",
        "postgresql://app:pw@my_db:5432/whetstone //my_db:5432/whetstone pw",
        "postgresql://app:pw@stack_db.my_net:5432/w //stack_db.my_net:5432/w pw",
        "postgresql://app:pw@h1:5432,h2:5433/w //h1:5432,h2:5433/w pw",
        "postgresql://app:p@ss@db:5432/w //db:5432/w p@ss",
        "postgresql://app:pw#1@db/w //db/w pw#1",
        "postgresql://app:p%40s%25s@db/w //db/w p@s%s",
        "postgresql://app:p+w@db/w //db/w p+w",
        "postgres://app:pw@[::1]:5432/w //[::1]:5432/w pw",
        "postgresql://app:pw@/w //localhost/w pw",
        "postgresql://app:pw@db?sslmode=require //db/?sslmode=require pw",
      })
  void readsHostAndLogin(String url, String server, String password) {
    ServerAddress address = ServerAddress.parse(url);

    assertThat(address.jdbcUrl()).isEqualTo("jdbc:postgresql:" + server);
    assertThat(address.user()).isEqualTo("app");
    assertThat(address.password()).isEqualTo(password);
    assertThat(address.toString()).doesNotContain(password);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "postgresql://app:s3cret%pw@db:5432/whetstone",
        "postgresql://app:s3cret/pw@db:5432/whetstone",
        "postgresql://app:s3cret@d b/whetstone",
        "postgresql://app:s3cret@db:port/whetstone",
        "jdbc:postgresql://db/whetstone?user=app&password=s3cret%pw",
        "mysql://app:s3cret@db/whetstone",
      })
  void refusesTheRestWithoutThePassword(String url) {
    assertThatThrownBy(() -> ServerAddress.parse(url))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContainingAny("s3cret", "pw")
        .hasNoCause();
  }

  @Test
  void takesAJdbcAddressAsItIs() {
    String url = "jdbc:postgresql://db/whetstone?user=app&password=p%25w";
    assertThat(ServerAddress.parse(url)).isEqualTo(new ServerAddress(url, null, null));
  }
}
