package dev.whetstone.app;

import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.GatewayState.State;
import dev.whetstone.settings.ProcessRole;
import io.quarkus.arc.lookup.LookupIfProperty;
import io.quarkus.runtime.Quarkus;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/** Starts and stops what a gateway process runs. */
@Singleton
@LookupIfProperty(
    name = ProcessRole.PROPERTY,
    stringValue = ProcessRole.GATEWAY,
    lookupIfMissing = true)
final class GatewayLifecycle implements ProcessLifecycle {
  private static final Logger LOG = Logger.getLogger(GatewayLifecycle.class);

  private final GatewayState state;
  private final ModelLifecycle model;
  private final DatabaseLink database;
  private final TrainerSupervisor trainer;
  private final OpenRequests requests;
  private final WelcomePrinter welcome;
  private final Housekeeping housekeeping;
  private final AtomicBoolean draining = new AtomicBoolean();

  @Inject
  GatewayLifecycle(
      GatewayState state,
      ModelLifecycle model,
      DatabaseLink database,
      TrainerSupervisor trainer,
      OpenRequests requests,
      WelcomePrinter welcome,
      Housekeeping housekeeping) {
    this.state = state;
    this.model = model;
    this.database = database;
    this.trainer = trainer;
    this.requests = requests;
    this.welcome = welcome;
    this.housekeeping = housekeeping;
  }

  @Override
  public String role() {
    return ProcessRole.GATEWAY;
  }

  @Override
  public void start() {
    database.start();
    housekeeping.start();
    Thread.ofPlatform().name("whetstone-loader").daemon().start(this::loadModel);
  }

  private void loadModel() {
    try {
      state.setState(new State.Ready(model.open()));
      if (draining.get()) {
        state.setState(new State.Draining());
      }
      welcome.start();
      trainer.start();
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    } catch (IOException | RuntimeException | LinkageError failed) {
      String reason = String.valueOf(failed.getMessage());
      state.setState(new State.Failed(reason));
      LOG.errorf(failed, "the model cannot be served: %s", reason);
      Quarkus.asyncExit(1);
    }
  }

  /**
   * Refuses new requests from now on, still over HTTP, and waits for the running ones. Those that
   * do not end in time are told. Only the first call does anything.
   */
  @Override
  public void drain() throws InterruptedException {
    if (!model.isOpen() || draining.getAndSet(true)) {
      return;
    }
    LOG.info("the gateway stops: new requests are refused, running ones end");
    state.setState(new State.Draining());
    Thread.ofVirtual().name("whetstone-trainer-stop").start(trainer::close);
    model.releaseRollouts();
    requests.awaitBalancers();
    model.drain();
    requests.awaitLastAnswers();
  }

  @Override
  public void stop() throws InterruptedException {
    draining.set(true);
    state.setState(new State.Draining());
    trainer.close();
    housekeeping.close();
    model.close();
    database.close();
  }
}
