package dev.whetstone.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EnvironmentProxyTest {
  private static final URI HUB = URI.create("https://huggingface.co/x");

  @Test
  void goesDirectlyWithoutVariables() throws IOException {
    assertThat(new EnvironmentProxy(Map.of()).of(HUB)).isEqualTo(Proxy.NO_PROXY);
    assertThat(of("HTTP_PROXY", "http://gate:3128")).isEqualTo(Proxy.NO_PROXY);
  }

  @Test
  void readsBothSpellingsAndSchemes() throws IOException {
    assertThat(of("HTTPS_PROXY", "http://gate.example:3128/"))
        .hasToString(http("gate.example", 3128));
    assertThat(of("https_proxy", "gate.example")).hasToString(http("gate.example", 1080));
    assertThat(of("ALL_PROXY", "socks5h://gate.example:9").type()).isEqualTo(Proxy.Type.SOCKS);
    Map<String, String> both = Map.of("https_proxy", "http://a:1", "HTTPS_PROXY", "http://b:2");
    assertThat(new EnvironmentProxy(both).of(HUB)).hasToString(http("a", 1));
  }

  @Test
  void exemptsTheHostsOfNoProxy() throws IOException {
    for (String entry :
        new String[] {
          "*", "huggingface.co", "a, .huggingface.co", "*.co,b", "HUGGINGFACE.CO:443"
        }) {
      assertThat(with(entry)).as(entry).isEqualTo(Proxy.NO_PROXY);
    }
    for (String entry : new String[] {"", "face.co", "cdn.huggingface.co", "huggingface.co:80"}) {
      assertThat(with(entry)).as(entry).isNotEqualTo(Proxy.NO_PROXY);
    }
  }

  @Test
  void refusesWhatItCannotUseAndKeepsThePasswordOut() {
    assertThatThrownBy(() -> of("HTTPS_PROXY", "http://me:secret@gate:1"))
        .isInstanceOf(IOException.class)
        .hasMessage("HTTPS_PROXY has a user, which fetches from Hugging Face cannot use");
    assertThatThrownBy(() -> of("HTTPS_PROXY", "https://gate:1"))
        .hasMessage("HTTPS_PROXY = https://…: a proxy is http:// or socks5://");
    assertThatThrownBy(() -> of("HTTPS_PROXY", "http://a b"))
        .hasMessage("HTTPS_PROXY is not the address of a proxy");
  }

  private static Proxy of(String variable, String value) throws IOException {
    return new EnvironmentProxy(Map.of(variable, value)).of(HUB);
  }

  private static Proxy with(String noProxy) throws IOException {
    Map<String, String> environment = Map.of("HTTPS_PROXY", "http://gate:1", "NO_PROXY", noProxy);
    return new EnvironmentProxy(environment).of(HUB);
  }

  private static String http(String host, int port) {
    return new Proxy(Proxy.Type.HTTP, new InetSocketAddress(host, port)).toString();
  }
}
