export { startDeploymentController } from './controller.ts';
