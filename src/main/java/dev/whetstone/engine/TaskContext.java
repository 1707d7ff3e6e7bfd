package dev.whetstone.engine;

import java.time.InstantSource;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What an engine's tasks have in common.
 *
 * @param wake makes the engine thread look again
 * @param done told, on the engine thread, of every task that has ended
 */
record TaskContext(
    Supplier<Detokenizer> detokenizers,
    Set<Integer> eosIds,
    int vocabulary,
    int slotLength,
    InstantSource clock,
    Runnable wake,
    Consumer<Task> done) {}
