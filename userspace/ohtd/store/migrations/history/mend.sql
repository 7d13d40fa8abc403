-- SPDX-License-Identifier: GPL-2.0-or-later
-- Runs after a repair, on the newest schema. Values of a run or signal that is lost cannot be placed.
DELETE FROM chunks WHERE run NOT IN (SELECT run FROM runs) OR signal NOT IN (SELECT signal FROM signals);
DELETE FROM coarse WHERE run NOT IN (SELECT run FROM runs) OR signal NOT IN (SELECT signal FROM signals);
DELETE FROM gaps WHERE run NOT IN (SELECT run FROM runs);
DELETE FROM intervals WHERE place >> 40 NOT IN (SELECT run FROM runs);
