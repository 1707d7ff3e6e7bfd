/**
 * The preference log in PostgreSQL: pairs of answers, the votes on them, and the votes that can be
 * trained on. Begin with {@link PreferenceLog}.
 *
 * <p>No class here has a thread of its own; votes are committed on the threads of {@link
 * dev.whetstone.database.GroupCommit}. Tables: {@code pairs} and {@code preferences} (a row a
 * vote); {@code leases} and {@code run_preferences} are read here and written by {@code rating} and
 * {@code training.worker}.
 */
@NullMarked
package dev.whetstone.preference;

import org.jspecify.annotations.NullMarked;
