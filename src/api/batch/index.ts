export { parseCronSchedule, type CronSchedule, type ParsedSchedule } from './cron-schedule.ts';
export { cronJobs } from './cron-job.ts';
export { jobs } from './job.ts';
