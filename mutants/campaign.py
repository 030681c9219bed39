"""One run: mutants through the compiler and the tests, two or more at a time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import filterfalse, groupby

from mutants.compiler import Bytecode, Compiler, DoesNotCompile, Sources, fingerprint
from mutants.operators import Mutant
from mutants.results import DUPLICATE, INVALID, KILLED, SAME, SURVIVED, TIMEOUT, Result, Store
from mutants.suite import Suite

#: Mutants of one file that are compiled together, which is quicker: the libraries are analysed once for all of them.
BATCH = 12

Pipeline = Callable[[dict[str, str], dict[str, str]], Awaitable[Bytecode | None]]


class UnfitContracts(Exception):
    """The contracts as they are fail so many tests that nothing can be said of mutants."""


class Campaign:
    """Runs mutants against a suite."""

    def __init__(self, sources: Sources, suite: Suite, store: Store, done: Callable[[Result], None]) -> None:
        """`done` is told of each mutant."""
        self.sources = sources
        self.suite = suite
        self.store = store
        self.done = done
        #: Tests that fail without a mutation, and so can say nothing.
        self.left_out: list[str] = []
        self._originals: dict[str, Bytecode] = {}
        self._optimized: dict[tuple[str, ...], Bytecode | None] = {}
        self._twins: set[str] = set()

    async def run(self, mutants: Sequence[Mutant], jobs: int, quick: Callable[[Mutant], bool]) -> list[Result]:
        """Runs all mutants, so many at a time; what an earlier run knows about one is taken from there.

        Those that are `quick` without the slow tests.

        Raises:
            UnfitContracts: if the contracts as they are fail.
        """
        self.quick = quick
        compilers = await asyncio.gather(*(Compiler.start(self.sources) for _ in range(jobs)))
        try:
            await self._measure(compilers[0], {mutant.file for mutant in mutants})
            keys = [fingerprint([*self._originals[mutant.file].values(), mutant.id]) for mutant in mutants]
            pairs = list(zip(keys, mutants, strict=True))
            known = {key: result for key, mutant in pairs if (result := self._still_true(key, mutant))}
            self._twins = {result.code for result in known.values()}
            for result in known.values():
                self.done(result)
                self.suite.learn(result.file, result.function, result.by)
            batches = iter(self._batches([(key, mutant) for key, mutant in pairs if key not in known]))

            async def work(compiler: Compiler) -> None:
                for batch in batches:
                    file = batch[0][1].file
                    texts = [mutant.text for _, mutant in batch]
                    codes = await compiler.each(self.sources.deployed_with(file), file, texts)
                    for (key, mutant), code in zip(batch, codes, strict=True):
                        known[key] = result = await self._try(compiler, key, mutant, code)
                        self.store.add(result)
                        self.done(result)

            await asyncio.gather(*map(work, compilers))
            return [known[key] for key in keys]
        finally:
            await asyncio.gather(*(compiler.stop() for compiler in compilers))

    async def _measure(self, compiler: Compiler, files: set[str]) -> None:
        """Compiles the contracts as they are, and learns how long tests take and which cannot pass like that."""
        code = await compiler.fast(self.sources.deployed, {})
        for file in files:
            self._originals[file] = {name: code[name] for name in self.sources.deployed_with(file).values()}
        path = self.store.path.with_name(f"baseline-{fingerprint(code)}.json")
        known = json.loads(path.read_text()) if path.exists() else {}
        proofs = {test: self.suite.hash_of(test) for test in self.suite.items}
        measured = await self.suite.measure([test for test, proof in proofs.items() if proof not in known], code)
        known |= {proofs[test]: measure for test, measure in measured.items()}
        path.write_text(json.dumps(known))
        self.left_out = [test for test, proof in proofs.items() if known[proof]["failed"]]
        if 100 * len(self.left_out) > len(proofs):
            raise UnfitContracts(f"without a mutation, {len(self.left_out)} tests fail, as {self.left_out[0]} does")
        unfit = set(self.left_out)
        self.suite.durations = {test: known[proof]["seconds"] for test, proof in proofs.items() if test not in unfit}

    def _batches(self, mutants: Sequence[tuple[str, Mutant]]) -> Iterator[Sequence[tuple[str, Mutant]]]:
        """So many at a time, each of one file; last survivors of before, and what needs the slow pipeline."""

        def slow(one: tuple[str, Mutant]) -> bool:
            before = self.store.get(one[0])
            survived = before is not None and before.status == SURVIVED
            return survived or self.sources.rewritten(one[1].file, one[1].text) is None

        # Sorted before the first of them runs, for what the store says of them will change.
        for some in (list(filterfalse(slow, mutants)), list(filter(slow, mutants))):
            for _, group in groupby(some, key=lambda one: one[1].file):
                of_file = list(group)
                yield from (of_file[start : start + BATCH] for start in range(0, len(of_file), BATCH))

    def _proof_of_survival(self, mutant: Mutant) -> str:
        return f"quick {self.suite.everything}" if self.quick(mutant) else self.suite.everything

    def _still_true(self, key: str, mutant: Mutant) -> Result | None:
        """A result of an earlier run, if the tests that it rests on are what they were."""
        result = self.store.get(key)
        if result is None or result.tests in ("", self.suite.everything, self._proof_of_survival(mutant)):
            return result
        return result if result.by in self.suite.items and self.suite.hash_of(result.by) == result.tests else None

    async def _try(self, compiler: Compiler, key: str, mutant: Mutant, code: Bytecode | DoesNotCompile) -> Result:
        if isinstance(code, DoesNotCompile):
            return Result.of(key, mutant, INVALID, why=str(code).splitlines()[0][:200])
        if code == self._originals[mutant.file]:
            return Result.of(key, mutant, SAME)
        digest = fingerprint(code)
        if digest in self._twins:
            return Result.of(key, mutant, DUPLICATE, code=digest)
        self._twins.add(digest)
        return await self._test(compiler, key, mutant, code)

    async def _test(self, compiler: Compiler, key: str, mutant: Mutant, code: Bytecode) -> Result:
        tops, changed = self.sources.deployed_with(mutant.file), {mutant.file: mutant.text}
        digest = fingerprint(code)

        async def failed(tests: Sequence[str]) -> Result | None:
            verdict = await self.suite.run(tests, code)
            if verdict.timeout:
                return Result.of(key, mutant, TIMEOUT, code=digest, tests=self.suite.everything)
            if not verdict.by:
                return None
            self.suite.learn(mutant.file, mutant.function, verdict.by)
            proof = self.suite.hash_of(verdict.by)
            return Result.of(key, mutant, KILLED, code=digest, by=verdict.by, why=verdict.why, tests=proof)

        if result := await failed(self.suite.quick(mutant.file, mutant.function)):
            return result
        # Identical code proves a survivor equivalent, by the cheap optimizer or the real one, sooner than slow tests.
        if await self._same(compiler.optimized, tops, changed):
            return Result.of(key, mutant, SAME, code=digest)
        if not self.quick(mutant):
            if await self._same(compiler.shipped, tops, changed):
                return Result.of(key, mutant, SAME, code=digest)
            if result := await failed(self.suite.slow()):
                return result
        return Result.of(key, mutant, SURVIVED, code=digest, tests=self._proof_of_survival(mutant))

    async def _same(self, pipeline: Pipeline, tops: dict[str, str], changed: dict[str, str]) -> bool:
        """Whether a mutant and the contracts as they are compile to the same code."""
        known = (pipeline.__name__, *tops)
        if known not in self._optimized:
            self._optimized[known] = await pipeline(tops, {})
        return self._optimized[known] is not None and await pipeline(tops, changed) == self._optimized[known]
